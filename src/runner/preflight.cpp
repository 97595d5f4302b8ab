#include "runner/preflight.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <variant>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "core/order.hpp"
#include "folder/folders.hpp"
#include "ledger/history.hpp"
#include "os/fd.hpp"
#include "runner/crew.hpp"
#include "runner/session.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

using core::Outcome;
using core::OutcomeKind;
using folder::Place;

core::Load load_of(const core::Config& config, const core::Script& script) {
  core::Load load;
  load.name = base::escape(script.name);
  load.text = script.text;
  load.environment = config.run.environment;
  load.triggered_by = "manual";
  return load;
}

Session::Setting setting_of(const core::Config& config) {
  Session::Setting setting;
  setting.timeout = config.run.timeout;
  setting.limits = config.limits;
  return setting;
}

// --- check ---------------------------------------------------------------------------------------------------------

[[noreturn]] void cannot_read(const std::string& path, const std::string& why) {
  throw base::Error(base::ErrorKind::usage, fmt::format("cannot read {}: {}", base::escape(path), why),
                    "Nothing was checked.", "Give the name of a pending script, or the path of a file.");
}

// A file anywhere, read as it is: no lease, since nobody is going to run it.
core::Script read_file(const core::Config& config, const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) cannot_read(path, std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) cannot_read(path, "it is no regular file");
  if (static_cast<std::uint64_t>(facts.st_size) > config.run.max_script_size)
    cannot_read(path, fmt::format("it is larger than {} ([run] max_script_size)",
                                  base::format_size(config.run.max_script_size)));
  core::Script script;
  std::array<char, 65536> part{};
  for (ssize_t got = ::read(fd.get(), part.data(), part.size()); got > 0;
       got = ::read(fd.get(), part.data(), part.size()))
    script.text.append(part.data(), static_cast<std::size_t>(got));
  script.name = path.substr(path.rfind('/') + 1);
  script.sha256 = base::sha256_hex(script.text);
  return script;
}

bool is_path(const std::string& word, const std::vector<std::string>& pending) {
  const bool is_name = std::find(pending.begin(), pending.end(), word) != pending.end();
  return !is_name && ::access(word.c_str(), F_OK) == 0;
}

Checked check_one(Crew& crew, const core::Config& config, core::Script script, std::string shown) {
  Checked checked;
  checked.script = std::move(shown);
  checked.sha256 = script.sha256;
  Session session(crew, load_of(config, script), setting_of(config), Session::Upto::declaration);
  crew.prepare_workers(1);
  std::optional<Outcome> ended = session.load();
  if (ended)
    checked.outcome = std::move(*ended);
  else
    checked.outcome.kind = OutcomeKind::succeeded;
  checked.declaration = session.declaration();
  return checked;
}

// --- plan ----------------------------------------------------------------------------------------------------------

Forecast forecast_of(const std::optional<Outcome>& ended) noexcept {
  if (!ended) return Forecast::would_run;
  switch (ended->kind) {
    case OutcomeKind::skipped:
      return Forecast::would_skip;
    case OutcomeKind::blocked:
      return Forecast::blocked;
    default:
      return Forecast::would_fail;
  }
}

void ask(Crew& crew, const core::Config& config, const core::Script& script, Planned& planned) {
  Session::Setting setting = setting_of(config);
  setting.on_time = true;
  Session session(crew, load_of(config, script), std::move(setting), Session::Upto::answer);
  crew.prepare_workers(1);
  std::optional<Outcome> ended = session.load();
  if (!ended) ended = session.ask();
  planned.forecast = forecast_of(ended);
  planned.declaration = session.declaration();
  if (!ended) return;
  if (!ended->reason.empty()) planned.reason = ended->reason;
  planned.outcome = std::move(*ended);
}

Planned plan_one(Crew& crew, const core::Config& config, const core::Script& script,
                 const std::optional<ledger::History>& history) {
  const core::Known known = history ? history->known(script.name, script.sha256) : core::Known{};
  const core::Step step = core::decide(script.sha256, known, config.run.changed, core::Force::no);
  Planned planned;
  planned.script = script.name;
  planned.sha256 = script.sha256;
  planned.state = step.state;
  planned.reason = step.reason;
  if (step.decision == core::Decision::run)
    ask(crew, config, script, planned);
  else
    planned.forecast = step.decision == core::Decision::skip ? Forecast::would_skip : Forecast::blocked;
  return planned;
}

}  // namespace

CheckReport check(const core::Config& config, const std::vector<std::string>& words) {
  Crew crew(config);
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::is_empty);
  folder::Listing listing = folders.list(Place::scripts);
  CheckReport report;
  std::vector<std::string> names;
  if (words.empty()) {
    names = listing.names;
    report.ignored = std::move(listing.ignored);
    report.warnings = core::order_warnings(names, config.folders.order);
  }
  for (const std::string& word : words) {
    if (is_path(word, listing.names))
      report.scripts.push_back(check_one(crew, config, read_file(config, word), word));
    else
      names.push_back(select({word}, listing.names).front());
  }
  for (const std::string& name : names) {
    const folder::ReadResult read = folders.read(Place::scripts, name);
    if (const auto* loaded = std::get_if<folder::Loaded>(&read))
      report.scripts.push_back(check_one(crew, config, loaded->script, name));
    else if (const auto* not_now = std::get_if<folder::NotNow>(&read))
      report.ignored.push_back({name, not_now->reason});
  }
  return report;
}

PlanReport plan(const core::Config& config, const std::vector<std::string>& words) {
  Crew crew(config);
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::is_empty);
  folder::Listing listing = folders.list(Place::scripts);
  PlanReport report;
  report.ignored = std::move(listing.ignored);
  report.warnings = core::order_warnings(listing.names, config.folders.order);
  const std::vector<std::string> names = words.empty() ? listing.names : select(words, listing.names);
  if (names.empty()) return report;
  const std::optional<ledger::History> history = ledger::History::open(config.path(config.ledger.path));
  crew.start_broker({});
  for (const std::string& name : names) {
    const folder::ReadResult read = folders.read(Place::scripts, name);
    if (const auto* loaded = std::get_if<folder::Loaded>(&read))
      report.scripts.push_back(plan_one(crew, config, loaded->script, history));
    else if (const auto* not_now = std::get_if<folder::NotNow>(&read))
      report.ignored.push_back({name, not_now->reason});
    if (!report.scripts.empty() && report.scripts.back().outcome.cause == core::Cause::unreachable)
      report.target_unreachable = true;
  }
  return report;
}

}  // namespace runner

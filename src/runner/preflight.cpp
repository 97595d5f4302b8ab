#include "runner/preflight.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
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
#include "runner/demands.hpp"
#include "runner/guards.hpp"
#include "runner/queue.hpp"
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
  load.trigger = "manual";
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

// A run that is only imagined: what it would have done counts for what comes behind.
class Rehearsal {
 public:
  Rehearsal(const core::Config& config, const Choice& choice, const std::vector<core::Argument>& arguments, Crew& crew,
            const folder::Folders& folders)
      : config_(config),
        arguments_(arguments),
        crew_(crew),
        folders_(folders),
        history_(ledger::History::open(config.path(config.ledger.path))),
        queue_({}, config.folders.order),
        demands_(config, choice, core::Force::no, sources()) {}

  void go(std::vector<std::string> names, std::vector<std::string> others, PlanReport& report) {
    queue_ = Queue(std::move(names), config_.folders.order);
    others_ = std::move(others);
    while (!queue_.empty()) {
      const std::string name = queue_.take();
      const folder::ReadResult read = folders_.read(Place::scripts, name);
      if (const auto* loaded = std::get_if<folder::Loaded>(&read)) take(report, plan_one(loaded->script));
      if (const auto* not_now = std::get_if<folder::NotNow>(&read)) report.ignored.push_back({name, not_now->reason});
    }
  }

 private:
  // One that waited has its turn behind what it waited for.
  void take(PlanReport& report, Planned planned) {
    if (planned.outcome.cause == core::Cause::unreachable) report.target_unreachable = true;
    const auto same = [&planned](const Planned& each) { return each.script == planned.script; };
    std::erase_if(report.scripts, same);
    const std::string name = planned.script;
    if (planned.forecast != Forecast::blocked) imagine(planned);
    report.scripts.push_back(std::move(planned));
    if (demands_.waits(name)) return;
    for (const std::string& freed : demands_.release(name)) queue_.add(freed);
  }

  void imagine(const Planned& planned) {
    core::Known& known = imagined_[planned.script];
    known.last = {0, planned.forecast == Forecast::would_fail ? OutcomeKind::failed : OutcomeKind::succeeded, {}};
  }

  Demands::Sources sources() {
    Demands::Sources sources;
    sources.known = [this](const std::string& script) {
      const auto found = imagined_.find(script);
      if (found != imagined_.end()) return found->second;
      return history_ ? history_->known(script, {}) : core::Known{};
    };
    sources.known_names = [this](const std::string& word) {
      std::vector<std::string> names = history_ ? history_->names_like(word) : std::vector<std::string>();
      for (const auto& [name, known] : imagined_)
        if (core::is_called(name, word)) names.push_back(name);
      return names;
    };
    sources.ahead = [this](const std::string& word) { return queue_.called(word); };
    sources.left = [this](const std::string& word) { return core::called(others_, word); };
    sources.has_receipt = [this](const std::string& script) { return has_receipt(crew_, script); };
    return sources;
  }

  Planned plan_one(const core::Script& script) {
    const core::Known known = history_ ? history_->known(script.name, script.sha256) : core::Known{};
    const core::Step step = core::decide(script.sha256, known, config_.run.changed, core::Force::no);
    Planned planned;
    planned.script = script.name;
    planned.sha256 = script.sha256;
    planned.state = step.state;
    planned.reason = step.reason;
    if (step.state == core::ScriptState::imported)
      if (std::string fault = core::checksum_fault(*known.imported, script); !fault.empty())
        planned.warnings.push_back(std::move(fault));
    if (step.decision == core::Decision::run)
      ask(script, planned);
    else
      planned.forecast = step.decision == core::Decision::skip ? Forecast::would_skip : Forecast::blocked;
    return planned;
  }

  void ask(const core::Script& script, Planned& planned) {
    Session::Setting setting = setting_of(config_);
    setting.on_time = true;
    setting.demands = [this, &script](const core::Declaration& declared) {
      return demands_.judge(script.name, declared);
    };
    core::Load load = load_of(config_, script);
    load.arguments = arguments_;
    Session session(crew_, std::move(load), std::move(setting), Session::Upto::answer);
    crew_.prepare_workers(1);
    std::optional<Outcome> ended = session.load();
    if (!ended) ended = session.ask();
    planned.forecast = forecast_of(ended);
    planned.declaration = session.declaration();
    planned.warnings = session.warnings();
    if (!ended) return;
    if (!ended->reason.empty()) planned.reason = ended->reason;
    planned.outcome = std::move(*ended);
  }

  const core::Config& config_;
  const std::vector<core::Argument>& arguments_;
  Crew& crew_;
  const folder::Folders& folders_;
  std::optional<ledger::History> history_;
  Queue queue_;
  std::vector<std::string> others_;
  std::map<std::string, core::Known> imagined_;
  Demands demands_;
};

// --- dependencies, for `check` ---------------------------------------------------------------------------------------

// Every script that anybody here has heard of: a word of `depends` should mean one of them.
std::vector<std::string> heard_of(const folder::Folders& folders) {
  std::vector<std::string> all;
  for (const Place place : {Place::scripts, Place::succeeded, Place::failed})
    for (std::string& name : folders.list(place).names)
      all.push_back(core::unnumbered_name(name)), all.push_back(std::move(name));
  return all;
}

void check_dependencies(const core::Config& config, const folder::Folders& folders, CheckReport& report) {
  const auto depends = [](const Checked& checked) { return !checked.declaration.depends.empty(); };
  if (std::none_of(report.scripts.begin(), report.scripts.end(), depends)) return;
  const std::optional<ledger::History> history = ledger::History::open(config.path(config.ledger.path));
  std::vector<std::string> all = heard_of(folders);
  for (const Checked& checked : report.scripts) all.push_back(checked.script);
  core::Waits waits;
  for (const Checked& checked : report.scripts) {
    for (const std::string& word : checked.declaration.depends) {
      bool known = history && !history->names_like(word).empty();
      for (const Checked& other : report.scripts)
        if (core::is_called(other.script, word)) waits[checked.script].push_back(other.script);
      known = known || !core::called(all, word).empty();
      if (known) continue;
      const std::vector<std::string_view> names(all.begin(), all.end());
      const auto meant = base::nearest(word + ".lua", names);
      report.warnings.push_back(fmt::format(
          "{} depends on {}, which is no script of these folders or of the ledger{}", base::escape(checked.script),
          base::escape(word), meant ? fmt::format(": did you mean {}?", base::escape(core::stem_of(*meant))) : ""));
    }
  }
  for (Checked& checked : report.scripts) {
    const std::vector<std::string> circle = core::circle_from(checked.script, waits);
    if (!circle.empty() && checked.outcome.kind == OutcomeKind::succeeded)
      checked.outcome = core::failed(core::Cause::dependency, core::describe_circle(circle));
  }
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
  check_dependencies(config, folders, report);
  return report;
}

Checked check_text(const core::Config& config, const core::Script& script) {
  Crew crew(config);
  return check_one(crew, config, script, script.name);
}

PlanReport plan(const core::Config& config, const Choice& choice, const std::vector<core::Argument>& arguments) {
  Crew crew(config);
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::is_empty);
  folder::Listing listing = folders.list(Place::scripts);
  PlanReport report;
  report.forbidden = forbidden(config);
  report.ignored = std::move(listing.ignored);
  report.warnings = core::order_warnings(listing.names, config.folders.order);
  std::vector<std::string> names = std::move(listing.names);
  std::vector<std::string> others = leave_out(names, choice, config, folders, crew);
  if (names.empty()) return report;
  crew.start_broker({});
  Rehearsal(config, choice, arguments, crew, folders).go(std::move(names), std::move(others), report);
  return report;
}

}  // namespace runner

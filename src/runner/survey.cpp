#include "runner/survey.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <variant>

#include "base/error.hpp"
#include "base/text.hpp"
#include "core/order.hpp"
#include "folder/folders.hpp"
#include "ledger/place.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/lock.hpp"
#include "runner/guards.hpp"

namespace runner {
namespace {

using folder::Place;
using History = std::optional<ledger::History>;

History open_history(const core::Config& config) {
  return ledger::History::open(config.path(config.ledger.path));
}

// Rows of the ledger: two or three milliseconds.
constexpr std::size_t k_at_a_glance = 400;

std::optional<Stopped> stopped_in(const ledger::History& history, const core::Known::Seen& last,
                                  const std::string& sha256) {
  if (last.outcome != core::OutcomeKind::blocked && last.outcome != core::OutcomeKind::interrupted) return std::nullopt;
  if (last.sha256 != sha256) return std::nullopt;
  const auto attempt = history.attempt(last.attempt);
  if (!attempt || attempt->state == ledger::k_marked) return std::nullopt;
  return Stopped{attempt->id, last.outcome, attempt->outcome.reason, attempt->finished};
}

Pending pending_of(const core::Config& config, const core::Script& script, const History& history) {
  const core::Known known = history ? history->known(script.name, script.sha256) : core::Known{};
  const core::Step step = core::decide(script.sha256, known, config.run.changed, core::Force::no);
  Pending pending{script.name, script.sha256, step.state, step.reason};
  if (step.state == core::ScriptState::imported)
    if (const std::string fault = core::checksum_fault(*known.imported, script); !fault.empty())
      pending.reason += "; " + fault;
  if (known.last && step.decision == core::Decision::run)
    pending.stopped = stopped_in(*history, *known.last, script.sha256);
  return pending;
}

bool contains(const std::vector<std::string>& sorted, const std::string& name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

std::vector<std::string> attempted(const History& history, const std::vector<std::string>& names) {
  if (!history) return {};
  if (std::is_sorted(names.begin(), names.end())) return history->attempted(names);
  std::vector<std::string> by_bytes = names;
  core::sort_names(by_bytes, core::Order::bytes);
  return history->attempted(by_bytes);
}

void read_pending(Survey& survey, const core::Config& config, const folder::Folders& folders, const History& history,
                  const std::string& name) {
  const folder::ReadResult read = folders.read(Place::scripts, name);
  if (const auto* loaded = std::get_if<folder::Loaded>(&read))
    survey.pending.push_back(pending_of(config, loaded->script, history));
  else if (const auto* not_now = std::get_if<folder::NotNow>(&read))
    survey.ignored.push_back({name, not_now->reason});
}

void list_pending(Survey& survey, const core::Config& config, const folder::Folders& folders, const History& history,
                  Digests digests) {
  folder::Listing listing = folders.list(Place::scripts);
  survey.warnings = core::order_warnings(listing.names, config.folders.order);
  survey.ignored = std::move(listing.ignored);
  const bool all = digests == Digests::of_all;
  const std::vector<std::string> known = all ? std::vector<std::string>() : attempted(history, listing.names);
  const bool imports = history && history->has_imports();
  survey.pending.reserve(listing.names.size());
  for (std::string& name : listing.names) {
    if (all || contains(known, name) || contains(listing.recent, name) || (imports && history->imported(name)))
      read_pending(survey, config, folders, history, name);
    else
      survey.pending.push_back({std::move(name), {}, core::ScriptState::fresh, {}});
  }
}

// The attempt that put a file where it lies. Its name differs from the script's where that name was taken.
std::optional<ledger::Attempt> attempt_behind(const ledger::History& history, const std::string& name,
                                              const std::string& filed_as) {
  ledger::Filter filter;
  filter.outcome = core::OutcomeKind::failed;
  filter.limit = 100;
  for (const std::string& script : {name, core::unnumbered_name(name)}) {
    filter.script = script;
    for (ledger::Attempt& attempt : history.attempts(filter))
      if (attempt.moved_to == filed_as) return std::move(attempt);
  }
  return history.latest(name);
}

void list_failed(Survey& survey, const folder::Folders& folders, const History& history) {
  for (std::string& name : folders.list(Place::failed).names) {
    const std::string filed_as = folders.display(Place::failed, name);
    survey.failed.push_back({name, history ? attempt_behind(*history, name, filed_as) : std::nullopt});
  }
}

std::string lock_folder(const core::Config& config) {
  return ledger::folder_of(config.path(config.ledger.path));
}

std::optional<ledger::Run> doubtful(const core::Config& config, const ledger::History& history) {
  if (os::lock_reach(lock_folder(config)) == os::LockReach::every_host) return std::nullopt;
  std::optional<ledger::Run> run = history.last_run();
  if (!run || run->finished || run->host == os::host_name() || history.is_broken(run->id)) return std::nullopt;
  return run;
}

Lock lock_of(const core::Config& config, const History& history) {
  Lock lock;
  lock.held = os::is_locked(lock_folder(config));
  if (!history) return lock;
  if (!lock.held) {
    lock.run = doubtful(config, *history);
    lock.in_doubt = lock.run.has_value();
    return lock;
  }
  lock.run = history->last_run();
  if (lock.run && lock.run->finished) lock.run.reset();  // the holder has not written itself down yet
  if (lock.run) lock.in_work = history->in_work();
  if (lock.in_work) lock.progress = history->progress(lock.in_work->id);
  if (!lock.run || lock.in_work) return lock;
  std::vector<ledger::Attempt> newest =
      history->attempts(ledger::Filter{.script = {}, .outcome = {}, .run = lock.run->id, .limit = 1});
  if (!newest.empty() && newest.front().details.again) lock.tried_again = std::move(newest.front());
  return lock;
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool number_fits(std::string_view word, std::string_view name) {
  if (word.empty() || core::number_of(word) != word) return false;
  const auto significant = [](std::string_view number) {
    while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
    return number;
  };
  const std::string_view number = core::number_of(name);
  return !number.empty() && significant(number) == significant(word);
}

std::string select_one(std::string_view word, const std::vector<std::string>& known) {
  const std::string_view name = last_part(word);
  for (const std::string& candidate : known)
    if (candidate == name || core::stem_of(candidate) == name) return candidate;
  std::vector<std::string> fitting;
  std::copy_if(known.begin(), known.end(), std::back_inserter(fitting),
               [name](const std::string& candidate) { return number_fits(name, candidate); });
  if (fitting.size() == 1) return fitting.front();
  const std::string shown = base::escape(word);
  if (fitting.size() > 1)
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("{} could be {} or {}", shown, base::escape(fitting[0]), base::escape(fitting[1])),
                      "Nothing was done.", "Write the whole name.");
  std::vector<std::string_view> stems;
  for (const std::string& candidate : known) stems.push_back(core::stem_of(candidate));
  const auto meant = base::nearest(core::stem_of(name), stems);
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("there is no script {} here{}", shown,
                                meant ? fmt::format("; did you mean {}?", base::escape(*meant)) : ""),
                    "Nothing was done.", "fettle status lists what is pending and what failed.");
}

}  // namespace

Survey survey(const core::Config& config, Digests digests, Fates fates) {
  Survey survey;
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::is_empty);
  const History history = open_history(config);
  list_pending(survey, config, folders, history, digests);
  list_failed(survey, folders, history);
  survey.succeeded = folders.count(Place::succeeded);
  if (history) survey.last_run = history->last_run();
  survey.lock = lock_of(config, history);
  survey.forbidden = forbidden(config);
  if (!history) return survey;
  survey.open_questions = history->open_questions();
  if (survey.lock.in_work)
    std::erase_if(survey.open_questions,
                  [&](const ledger::Attempt& each) { return each.id == survey.lock.in_work->id; });
  if (fates == Fates::of_all)
    survey.fates = history->fates();
  else
    survey.fates = history->glance_at_fates(k_at_a_glance);
  return survey;
}

Lock lock_state(const core::Config& config) {
  return lock_of(config, open_history(config));
}

std::optional<ledger::Run> run_in_doubt(const core::Config& config) {
  if (os::lock_reach(lock_folder(config)) == os::LockReach::every_host) return std::nullopt;
  const History history = open_history(config);
  return history ? doubtful(config, *history) : std::nullopt;
}

std::vector<std::string> select(const std::vector<std::string>& words, const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (const std::string& word : words) {
    std::string name = select_one(word, known);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  // Scripts run in the order of the folder, whatever the order of the words.
  std::sort(names.begin(), names.end(), [&known](const std::string& left, const std::string& right) {
    return std::find(known.begin(), known.end(), left) < std::find(known.begin(), known.end(), right);
  });
  return names;
}

namespace {

std::string process_of(const ledger::Run& run) {
  if (run.host != os::host_name()) return fmt::format("process {} there", run.pid);
  if (os::process_exists(run.pid)) return fmt::format("process {}, alive", run.pid);
  return fmt::format("process {} is dead, its helpers are just ending", run.pid);
}

}  // namespace

std::string describe(const Lock& lock) {
  if (!lock.held && !lock.in_doubt) return "no run is going on";
  if (!lock.run) return "a run that is just starting or ending";
  const ledger::Run& run = *lock.run;
  std::string text = fmt::format("run {} by {} on {} ({}), since {}", run.id, base::escape(run.by),
                                 base::escape(run.host), process_of(run), base::local_time(run.started));
  if (lock.in_work)
    text += fmt::format(
        ", working on {} for {}", base::escape(lock.in_work->script),
        base::format_duration(std::chrono::milliseconds(os::now().milliseconds - lock.in_work->started.milliseconds)));
  if (lock.progress)
    text += fmt::format(" ({}{}{}{})", lock.progress->done,
                        lock.progress->total > 0 ? fmt::format(" of {}", lock.progress->total) : "",
                        lock.progress->label.empty() ? "" : " ", base::escape(lock.progress->label));
  return text;
}

}  // namespace runner

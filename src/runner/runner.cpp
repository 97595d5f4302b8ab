#include "runner/runner.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <optional>
#include <unistd.h>
#include <utility>
#include <variant>

#include "base/error.hpp"
#include "base/text.hpp"
#include "core/order.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/crew.hpp"
#include "runner/queue.hpp"
#include "runner/recover.hpp"
#include "runner/run_lock.hpp"
#include "runner/step.hpp"
#include "runner/stop.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

core::RunReport start_report(const RunRequest& request) {
  core::RunReport report;
  report.trigger = request.trigger;
  report.by = request.by.empty() ? os::user_name() : request.by;
  report.host = os::host_name();
  report.started = os::now();
  return report;
}

std::int64_t record_start(ledger::Ledger& ledger, const core::RunReport& report, const RunRequest& request) {
  ledger::RunStart start;
  start.trigger = report.trigger;
  start.by = report.by;
  start.host = report.host;
  start.reason = request.reason;
  start.command = request.command;
  start.pid = ::getpid();
  start.at = report.started;
  return ledger.begin_run(start);
}

// What a dead run left half done is set right first. Gives back the scripts that must not run now.
std::vector<std::string> recover(const core::Config& config, const Actor& actor, const os::Fd& lock,
                                 folder::Folders& folders, ledger::Ledger& ledger, Crew& crew,
                                 core::Observer& observer) {
  if (!is_damaged(config, ledger)) return {};
  crew.start_broker({lock.get()});
  const std::vector<Recovery> damage = look_for_damage(config, folders, ledger, crew);
  for (const Recovery& recovery : damage) observer.warning(fmt::format("recovered: {}", describe(recovery)));
  return repair_damage(damage, actor, folders, ledger);
}

// One script is over, or was held back.
void tell(core::AttemptReport attempt, const RunRequest& request, core::RunReport& report, core::Observer& observer) {
  const core::Outcome& outcome = attempt.outcome;
  report.counts.add(outcome.kind);
  const bool stays = outcome.kind == core::OutcomeKind::blocked || outcome.kind == core::OutcomeKind::interrupted;
  if (stays && outcome.cause == core::Cause::unreachable) report.target_unreachable = true;
  observer.script_ended(attempt);
  if (request.kept == Kept::attempts) report.scripts.push_back(std::move(attempt));
}

// When not one database can be opened no script can do anything: all stay, and nothing is attempted.
bool block_all(const Crew& crew, const folder::Folders& folders, const std::vector<std::string>& names,
               const RunRequest& request, core::RunReport& report, core::Observer& observer) {
  const auto& databases = crew.databases();
  const auto is_open = [](const core::DatabaseStatus& database) { return database.fault.empty(); };
  if (databases.empty() || std::any_of(databases.begin(), databases.end(), is_open)) return false;
  for (const std::string& name : names) {
    core::AttemptReport attempt;
    attempt.script = name;
    const auto found = folders.probe(folder::Place::scripts, name);
    if (const auto* stamp = std::get_if<core::FileStamp>(&found)) attempt.stamp = *stamp;
    attempt.outcome =
        core::blocked(core::Cause::unreachable,
                      fmt::format("database {} cannot be used: {}", databases.front().name, databases.front().fault));
    tell(std::move(attempt), request, report, observer);
  }
  return true;
}

// What a kill leaves for the next run to look up in the folders, at most.
constexpr std::size_t k_moves_at_once = 100;
constexpr std::chrono::seconds k_moves_within{1};

// The walk over the scripts of one run. While the database commits one script, the file of the next is read; while its
// outcome is being recorded, in one commit with the intent of the next, that one is already under way.
class Walk {
  struct Read {
    std::string name;
    folder::ReadResult result;
  };

 public:
  Walk(Workplace& at, const RunRequest& request, std::vector<std::string> names, core::RunReport& report)
      : at_(at), request_(request), queue_(std::move(names), at.config.folders.order), report_(report) {}

  void go() {
    std::optional<Going> going;
    if (std::optional<Ready> first = next()) {
      at_.ledger.begin_attempt(intent_of(at_, *first), on_the_way(*first, going));
    }
    tell_held();
    while (going) {
      at_work_ = going->ready.loaded.script.name;
      at_.observer.script_started(going->ready.loaded.script.name, taken_, taken_ + queue_.left());
      const ledger::Finished finished = perform(at_, *going, [this] { look_ahead(); });
      at_.stop.look();
      std::optional<Going> following = record(*going, finished);
      tell(file(at_, *going, finished));
      if (std::exchange(again_, false)) queue_.add(at_work_);
      at_work_.clear();
      tell_held();
      going = std::move(following);
      if (++moves_ >= k_moves_at_once || os::Steady::now() - settled_ >= k_moves_within) settle_moves();
    }
    settle_moves();
    report_.stopped_by_signal = at_.stop.signal();
  }

 private:
  // The outcome, and the start of the next script, which is given back.
  std::optional<Going> record(const Going& done, const ledger::Finished& finished) {
    std::optional<Going> following;
    std::optional<Ready> ready = goes_on_after(finished.outcome) ? next() : std::nullopt;
    if (ready)
      at_.ledger.finish_then_begin(done.attempt, finished, intent_of(at_, *ready), on_the_way(*ready, following));
    else
      at_.ledger.finish_attempt(done.attempt, finished);
    return following;
  }

  ledger::Meanwhile on_the_way(Ready& ready, std::optional<Going>& going) {
    return {[&](std::int64_t attempt) { going = set_out(at_, std::move(ready), attempt); },
            [&] { go_ahead(at_, *going); }};
  }

  // The next script that is to be attempted; those held back on the way are kept for tell_held.
  std::optional<Ready> next() {
    for (take_in(); !queue_.empty(); take_in()) {
      if (ahead_ && ahead_->name != queue_.front()) ahead_.reset();  // a lower number came meanwhile
      Read read = ahead_ ? std::move(*ahead_) : read_next();
      ahead_.reset();
      queue_.take();
      ++taken_;
      if (is_to_be_left(read)) continue;
      auto found = examine(at_, read.name, std::move(read.result));
      if (auto* ready = std::get_if<Ready>(&found)) return std::move(*ready);
      if (auto* held = std::get_if<core::AttemptReport>(&found)) held_.push_back(std::move(*held));
    }
    return std::nullopt;
  }

  Read read_next() { return {queue_.front(), at_.folders.read(folder::Place::scripts, queue_.front())}; }

  // In a folder that is watched files come and go: what is gone, or not whole yet, is nothing to tell of.
  bool is_to_be_left(const Read& read) const {
    if (request_.feed == nullptr) return false;
    const auto* loaded = std::get_if<folder::Loaded>(&read.result);
    return loaded == nullptr || request_.feed->leaves_out(read.name, loaded->stamp);
  }

  // What came into the folder since.
  void take_in() {
    if (request_.feed == nullptr) return;
    const core::Changes changes = request_.feed->changes();
    for (const std::string& name : changes.names) take_in(name);
    if (!changes.all) return;
    for (const std::string& name : at_.folders.list(folder::Place::scripts).names) take_in(name);
  }

  // The file of the script at work is not moved yet: whether another lies there then is to be seen afterwards.
  void take_in(const std::string& name) {
    if (name == at_work_)
      again_ = true;
    else
      queue_.add(name);
  }

  // The database is committing: what goes wrong here waits, the next who needs it meets it again.
  void look_ahead() {
    if (queue_.empty()) return;
    try {
      at_.crew.prepare_workers(queue_.left());
      ahead_ = read_next();
    } catch (const base::Error&) {
      ahead_.reset();
    }
  }

  void settle_moves() {
    at_.folders.sync();
    at_.ledger.moves_are_durable();
    moves_ = 0;
    settled_ = os::Steady::now();
  }

  bool goes_on_after(const core::Outcome& outcome) {
    if (at_.stop.requested() || (request_.feed != nullptr && request_.feed->ended())) return false;
    const bool failed = outcome.kind == core::OutcomeKind::failed || outcome.kind == core::OutcomeKind::unknown;
    if (!failed || request_.on_failure == core::OnFailure::go_on) return true;
    if (queue_.empty()) return false;
    at_.observer.warning(
        fmt::format("stopped after the first failure: {} not tried", base::plural(queue_.left(), "script")));
    for (; request_.feed != nullptr && !queue_.empty(); queue_.take()) {
      const auto found = at_.folders.probe(folder::Place::scripts, queue_.front());
      if (const auto* stamp = std::get_if<core::FileStamp>(&found)) request_.feed->untried(queue_.front(), *stamp);
    }
    return false;
  }

  void tell(core::AttemptReport attempt) { runner::tell(std::move(attempt), request_, report_, at_.observer); }

  void tell_held() {
    for (core::AttemptReport& held : held_) tell(std::move(held));
    held_.clear();
  }

  Workplace& at_;
  const RunRequest& request_;
  Queue queue_;
  core::RunReport& report_;
  std::string at_work_;        // the script whose file is not filed yet
  bool again_ = false;         // something happened to that file meanwhile
  std::size_t taken_ = 0;      // out of the queue
  std::optional<Read> ahead_;  // of the next, read while the one before was committed
  std::size_t moves_ = 0;      // since they were settled
  os::Steady::time_point settled_ = os::Steady::now();
  std::vector<core::AttemptReport> held_;
};

void finish(core::RunReport& report, os::Steady::time_point start) {
  report.finished = os::now();
  report.duration = os::since(start);
}

}  // namespace

core::RunReport run(const core::Config& config, const RunRequest& request, core::Observer& observer) {
  Standby at(config);
  return run(config, request, observer, at);
}

core::RunReport run(const core::Config& config, const RunRequest& request, core::Observer& observer, Standby& at) {
  const auto start = os::Steady::now();
  Crew& crew = at.crew;
  core::RunReport report = start_report(request);
  folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, request.wait, &observer, request.feed);
  if (request.feed != nullptr && request.feed->ended()) return report;  // while it waited for the lock
  if (folders.count(folder::Place::scripts) > 0) at.crew.open_databases({lock.get()});
  ledger::Ledger& ledger = at.open_ledger();
  std::vector<std::string> held = recover(config, {report.by, request.reason}, lock, folders, ledger, crew, observer);

  std::vector<std::string> names = folders.list(folder::Place::scripts).names;
  for (const std::string& warning : core::order_warnings(names, config.folders.order)) observer.warning(warning);
  if (!request.scripts.empty()) names = select(request.scripts, names);
  if (names.empty()) {
    observer.run_started(report, 0);
  } else {
    Stop stop([&observer] { observer.warning("stopping: the script at work may finish; once more stops it at once"); });
    report.run = record_start(ledger, report, request);
    crew.start_broker({lock.get()});
    observer.run_started(report, names.size());
    os::log_info(fmt::format("run {} begins: {}", report.run, base::plural(names.size(), "script")));
    Workplace place{config, request.force, report, folders, ledger, crew, stop, observer, std::move(held)};
    if (!block_all(crew, folders, names, request, report, observer))
      Walk(place, request, std::move(names), report).go();
    finish(report, start);
    ledger.end_run(report.run,
                   {report.finished, static_cast<std::int64_t>(report.counts.total()), core::exit_code(report)});
    os::log_info(fmt::format("run {} ended with exit code {}", report.run, core::exit_code(report)));
  }
  finish(report, start);
  observer.run_ended(report);
  return report;
}

}  // namespace runner

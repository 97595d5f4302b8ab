#include "runner/runner.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "core/order.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/crew.hpp"
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

// Attempts that a dead run left open. Until receipts answer what became of them, the file in the pending folder
// decides: it is tried again.
void close_unfinished(ledger::Ledger& ledger, core::Observer& observer) {
  for (const ledger::Ledger::Unfinished& left : ledger.unfinished()) {
    ledger::Finished finished;
    finished.outcome.kind = core::OutcomeKind::interrupted;
    finished.outcome.reason = "its runner died before the outcome was recorded";
    finished.at = os::now();
    ledger.finish_attempt(left.attempt, finished);
    observer.warning(
        fmt::format("attempt {} of {} was interrupted: its runner died", left.attempt, base::escape(left.script)));
  }
}

// When not one database can be opened no script can do anything: all stay, and nothing is attempted.
bool block_all(const Crew& crew, const std::vector<std::string>& names, core::RunReport& report,
               core::Observer& observer) {
  const auto& databases = crew.databases();
  const auto is_open = [](const core::DatabaseStatus& database) { return database.fault.empty(); };
  if (databases.empty() || std::any_of(databases.begin(), databases.end(), is_open)) return false;
  for (const std::string& name : names) {
    core::AttemptReport attempt;
    attempt.script = name;
    attempt.outcome =
        core::blocked(core::Cause::unreachable,
                      fmt::format("database {} cannot be used: {}", databases.front().name, databases.front().fault));
    report.counts.add(attempt.outcome.kind);
    observer.script_ended(attempt);
    report.scripts.push_back(std::move(attempt));
  }
  report.target_unreachable = true;
  return true;
}

void take_steps(Workplace& at, const RunRequest& request, const std::vector<std::string>& names,
                core::RunReport& report) {
  for (std::size_t index = 0; index < names.size() && !at.stop.requested(); ++index) {
    at.observer.script_started(names[index], index + 1, names.size());
    auto attempt = take_step(at, report.run, names[index]);
    if (!attempt) continue;
    const core::Outcome& outcome = attempt->outcome;
    report.counts.add(outcome.kind);
    if (outcome.kind == core::OutcomeKind::blocked && outcome.cause == core::Cause::unreachable)
      report.target_unreachable = true;
    const bool failed = outcome.kind == core::OutcomeKind::failed || outcome.kind == core::OutcomeKind::unknown;
    at.observer.script_ended(*attempt);
    report.scripts.push_back(std::move(*attempt));
    if (failed && request.on_failure == core::OnFailure::stop) {
      if (index + 1 < names.size())
        at.observer.warning(fmt::format("stopped after the first failure: {} not tried",
                                        base::plural(names.size() - index - 1, "script")));
      break;
    }
    at.stop.look();
  }
  report.stopped_by_signal = at.stop.signal();
}

void finish(core::RunReport& report, os::Steady::time_point start) {
  report.finished = os::now();
  report.duration = os::since(start);
}

}  // namespace

core::RunReport run(const core::Config& config, const RunRequest& request, core::Observer& observer) {
  const auto start = os::Steady::now();
  core::RunReport report = start_report(request);
  Crew crew(config);  // forks; nothing is open yet
  folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, request.wait, &observer);
  ledger::Ledger ledger = ledger::Ledger::open(config.path(config.ledger.path));
  close_unfinished(ledger, observer);

  std::vector<std::string> names = folders.list(folder::Place::scripts).names;
  for (const std::string& warning : core::order_warnings(names, config.folders.order)) observer.warning(warning);
  if (!request.scripts.empty()) names = select(request.scripts, names);
  if (names.empty()) {
    observer.run_started(report, 0);
  } else {
    crew.start_broker({lock.get()});
    Stop stop([&observer] { observer.warning("stopping: the script at work may finish; once more stops it at once"); });
    report.run = record_start(ledger, report, request);
    observer.run_started(report, names.size());
    os::log_info(fmt::format("run {} begins: {}", report.run, base::plural(names.size(), "script")));
    Workplace at{config, request.force, request.trigger, folders, ledger, crew, stop, observer};
    if (!block_all(crew, names, report, observer)) take_steps(at, request, names, report);
    finish(report, start);
    ledger.end_run(report.run,
                   {report.finished, static_cast<std::int64_t>(report.scripts.size()), core::exit_code(report)});
    os::log_info(fmt::format("run {} ended with exit code {}", report.run, core::exit_code(report)));
  }
  finish(report, start);
  observer.run_ended(report);
  return report;
}

}  // namespace runner

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
#include "runner/recover.hpp"
#include "runner/run_lock.hpp"
#include "runner/step.hpp"
#include "runner/stop.hpp"
#include "runner/survey.hpp"
#include "runner/walk.hpp"

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
  std::vector<std::string> others = leave_out(names, request.choice, config, folders, crew);
  if (names.empty()) {
    observer.run_started(report, 0);
  } else {
    report.run = record_start(ledger, report, request);
    Stop stop(config, report.run, [&observer] { observer.warning("stopping: the script at work may finish; once more stops it at once"); });
    crew.start_broker({lock.get()});
    observer.run_started(report, names.size());
    os::log_info(fmt::format("run {} begins: {}", report.run, base::plural(names.size(), "script")));
    Workplace place{config, request.force, request.arguments, report,         folders, ledger,
                    crew,   stop,          observer,          std::move(held)};
    if (!block_all(crew, folders, names, request, report, observer))
      walk(place, request, std::move(names), std::move(others), report);
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

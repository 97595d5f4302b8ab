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
#include "runner/guards.hpp"
#include "runner/hooks.hpp"
#include "runner/recover.hpp"
#include "runner/refusal.hpp"
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
  report.reason = request.reason;
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
  if (!is_damaged(config, ledger, crew)) return {};
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

// Whether a guard lets it not be; told then.
bool is_forbidden(const core::Config& config, const RunRequest& request, core::Observer& observer,
                  core::RunReport& report) {
  std::optional<core::RunReport> forbidden = forbidden_run(config, request, folder::Place::scripts);
  if (!forbidden) return false;
  report = std::move(*forbidden);
  observer.run_started(report, 0);
  observer.run_ended(report);
  return true;
}

// To recover they may have been opened before the hook opened the way to them.
void open_what_the_hook_opened(Crew& crew) {
  const auto& databases = crew.databases();
  const auto is_closed = [](const core::DatabaseStatus& database) { return !database.fault.empty(); };
  if (crew.has_broker() && std::any_of(databases.begin(), databases.end(), is_closed)) crew.renew_broker();
}

// Before anything is changed. false: it could not be made, or somebody wants the run to stop.
bool back_up(Workplace& place, const RunRequest& request, const std::vector<std::string>& names, const os::Fd& lock,
             core::RunReport& report) {
  constexpr std::chrono::minutes k_asked_again{5};  // by the watcher
  if (!request.back_up) return true;
  place.observer.waiting("making a backup before the first script");
  place.stop.at_work = "the backup";
  const RunRequest::Backup made = request.back_up(report.run, lock.get(), place.stop.signals_fd());
  place.stop.look();
  place.stop.at_work = k_script_at_work;
  report.backup = made.name;
  if (!made.name.empty()) os::log_info(fmt::format("run {}: backup {} was made", report.run, made.name));
  if (made.fault.empty()) return !made.name.empty() && !place.stop.requested();
  os::log_error(fmt::format("run {}: no backup could be made, so nothing was run: {}", report.run, made.fault));
  report.backup_fault = made.fault;
  core::Outcome why = core::blocked(
      core::Cause::none,
      fmt::format("the backup before the run failed: {}; without one: fettle run --no-backup", made.fault));
  if (request.feed != nullptr)
    why.until = base::Instant{os::now().milliseconds + std::chrono::milliseconds(k_asked_again).count()};
  refuse(considered(names, place.folders, folder::Place::scripts, request.feed), why, request, report);
  return false;
}

// The scripts of a run which holds the lock, as far as a hook, a backup and a person let it.
void go_through(Workplace& place, const RunRequest& request, std::vector<std::string> names,
                std::vector<std::string> others, const os::Fd& lock, os::Steady::time_point start,
                core::RunReport& report) {
  const bool asks_first = !place.config.hooks.before_run.empty();
  const auto tell_start = [&] {
    place.observer.run_started(report, names.size());
    os::log_info(fmt::format("run {} begins: {}", report.run, base::plural(names.size(), "script")));
  };
  Hooks hooks(place.config, request, report, place.ledger, place.stop, place.observer);
  if (asks_first) tell_start();
  const bool goes_on = hooks.before(names, place.folders) && !place.stop.requested() &&
                       (request.feed == nullptr || !request.feed->ended()) &&
                       back_up(place, request, names, lock, report);
  if (goes_on && asks_first) open_what_the_hook_opened(place.crew);
  if (goes_on) place.crew.start_broker({lock.get()});
  if (!asks_first) tell_start();
  report.stopped_by_signal = place.stop.signal();
  if (goes_on && !block_all(place.crew, place.folders, names, request, report, place.observer))
    walk(place, request, std::move(names), std::move(others), report);
  finish(report, start);
  if (goes_on) hooks.after();
}

}  // namespace

std::optional<core::RunReport> forbidden_run(const core::Config& config, const RunRequest& request,
                                             folder::Place from) {
  const auto start = os::Steady::now();
  std::optional<core::Forbidden> why = forbidden(config);
  if (!why) return std::nullopt;
  core::RunReport report = start_report(request);
  report.forbidden = std::move(why);
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::is_empty);
  std::vector<std::string> names = folders.list(from).names;
  if (!request.choice.scripts.empty()) names = select(request.choice.scripts, names);
  core::Outcome blocked = core::blocked(core::Cause::none, core::reason(*report.forbidden));
  blocked.until = report.forbidden->until;
  refuse(considered(names, folders, from, request.feed), blocked, request, report);
  finish(report, start);
  return report;
}

core::RunReport run(const core::Config& config, const RunRequest& request, core::Observer& observer) {
  Standby at(config);
  return run(config, request, observer, at);
}

core::RunReport run(const core::Config& config, const RunRequest& asked, core::Observer& observer, Standby& at) {
  const auto start = os::Steady::now();
  RunRequest request = asked;
  std::optional<GuardedFeed> feed;
  if (asked.feed != nullptr) request.feed = &feed.emplace(config, *asked.feed);
  if (wants_attempts(config.hooks)) request.kept = Kept::attempts;
  core::RunReport report = start_report(request);
  if (is_forbidden(config, request, observer, report)) return report;
  folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, request.wait, &observer, request.feed);
  if (request.feed != nullptr && request.feed->ended()) return report;  // while it waited for the lock
  if (is_forbidden(config, request, observer, report)) return report;   // by now
  // What a hook does first, such as to open the way to a database, comes before it is opened.
  const bool asks_first = !config.hooks.before_run.empty();
  if (!asks_first && folders.count(folder::Place::scripts) > 0) at.crew.open_databases({lock.get()});
  ledger::Ledger& ledger = at.open_ledger();
  std::vector<std::string> held =
      recover(config, {report.by, request.reason}, lock, folders, ledger, at.crew, observer);

  std::vector<std::string> names = folders.list(folder::Place::scripts).names;
  for (const std::string& warning : core::order_warnings(names, config.folders.order)) observer.warning(warning);
  std::vector<std::string> others = leave_out(names, request.choice, config, folders, at.crew);
  if (request.approved) names = request.approved->choose(names, folders, observer);
  if (asks_first && request.feed != nullptr)
    names = names_of(considered(names, folders, folder::Place::scripts, request.feed));
  if (names.empty()) {
    observer.run_started(report, 0);
  } else {
    report.run = record_start(ledger, report, request);
    if (request.approved)  // in the commit of the first intent: nothing runs before it is durable
      if (const auto used = request.approved->used(report.by)) ledger.note(*used);
    Stop stop(config, report.run, [&observer](const std::string& at_work) {
      observer.warning(fmt::format("stopping: {} may finish; once more stops it at once", at_work));
    });
    Workplace place{config,  request.force, request.arguments, report,         folders, ledger,
                    at.crew, stop,          observer,          std::move(held)};
    place.rows_told = request.rows_told;
    if (request.approved) place.approved = &*request.approved;
    go_through(place, request, std::move(names), std::move(others), lock, start, report);
    ledger.end_run(report.run,
                   {report.finished, static_cast<std::int64_t>(report.counts.total()), core::exit_code(report)});
    os::log_info(fmt::format("run {} ended with exit code {}", report.run, core::exit_code(report)));
  }
  if (report.run == 0) finish(report, start);
  observer.run_ended(report);
  return report;
}

}  // namespace runner

#include "runner/rollback.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "core/dependency.hpp"
#include "folder/folders.hpp"
#include "ledger/history.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/attention.hpp"
#include "runner/crew.hpp"
#include "runner/guards.hpp"
#include "runner/hooks.hpp"
#include "runner/introduction.hpp"
#include "runner/recover.hpp"
#include "runner/run_lock.hpp"
#include "runner/step.hpp"
#include "runner/stop.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

using folder::Place;
using ledger::Applied;

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was rolled back.", std::move(next));
}

// --- which -----------------------------------------------------------------------------------------------------------

// Why this script is not among those that are applied.
[[noreturn]] void refuse_unapplied(const ledger::History& history, const std::string& script) {
  const core::Known known = history.known(script, {});
  const std::string shown = base::escape(script);
  const std::string next = fmt::format("fettle history --script {}", core::command_word(script));
  if (known.applied)
    refuse(fmt::format("{} was not run by this ledger: attempt {} says that it was {} elsewhere", shown,
                       known.applied->attempt, core::name(known.applied->outcome)),
           next);
  if (known.last && known.last->outcome == core::OutcomeKind::rolled_back)
    refuse(fmt::format("{} was rolled back already, in attempt {}", shown, known.last->attempt), next);
  refuse(fmt::format("{} is not applied: its last attempt {}", shown,
                     known.last ? core::name(known.last->outcome) : "never ended"),
         next);
}

std::vector<Applied> named(const ledger::History& history, const std::vector<std::string>& words) {
  std::vector<Applied> all;
  for (const std::string& word : words) {
    const std::vector<std::string> known = history.names_like(word.substr(word.rfind('/') + 1));
    if (known.empty()) refuse(fmt::format("{} never ran here", base::escape(word)), "fettle history lists what did.");
    const std::string script = select({word}, known).front();
    std::vector<Applied> found = history.applied({.script = script, .run = 0, .since = {}, .limit = 1});
    if (found.empty()) refuse_unapplied(history, script);
    all.push_back(std::move(found.front()));
  }
  return all;
}

std::vector<Applied> chosen(const ledger::History& history, const RollbackRequest& request) {
  std::vector<Applied> all = request.scripts.empty()
                                 ? history.applied({.script = {},
                                                    .run = request.run,
                                                    .since = request.since,
                                                    .limit = request.steps == 0 ? -1 : request.steps})
                                 : named(history, request.scripts);
  std::sort(all.begin(), all.end(),
            [](const Applied& left, const Applied& right) { return left.attempt > right.attempt; });
  const auto same = [](const Applied& left, const Applied& right) { return left.attempt == right.attempt; };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  return all;
}

bool is_among(const std::vector<Applied>& all, std::int64_t attempt) {
  return std::any_of(all.begin(), all.end(), [attempt](const Applied& each) { return each.attempt == attempt; });
}

// Every time that it was applied and not taken back since.
std::vector<Applied> times_of(const ledger::History& history, const std::string& script) {
  return history.applied({.script = script, .run = 0, .since = {}, .limit = -1});
}

void refuse_what_others_need(const ledger::History& history, const std::vector<Applied>& all) {
  const auto is_gone_then = [&](const std::string& script) {
    const std::vector<Applied> times = times_of(history, script);
    return std::all_of(times.begin(), times.end(), [&all](const Applied& time) { return is_among(all, time.attempt); });
  };
  for (const ledger::Dependent& dependent : history.dependents()) {
    if (is_among(all, dependent.attempt)) continue;
    for (const Applied& each : all)
      if (each.script != dependent.script && core::is_called(each.script, dependent.word) && is_gone_then(each.script))
        refuse(fmt::format("{} depends on {}, and is still applied", base::escape(dependent.script),
                           base::escape(each.script)),
               fmt::format("Roll back both: fettle rollback {} {}", core::command_word(dependent.script),
                           core::command_word(each.script)));
  }
}

// Work is taken back from the top: whatever was applied of the same script since lies on this.
void refuse_what_lies_below(const ledger::History& history, const std::vector<Applied>& all) {
  for (const Applied& each : all) {
    const std::string shown = base::escape(each.script);
    const std::string word = core::command_word(each.script);
    for (const Applied& later : times_of(history, each.script))
      if (later.attempt > each.attempt && !is_among(all, later.attempt))
        refuse(
            fmt::format("{} was applied again in attempt {}, on top of attempt {}", shown, later.attempt, each.attempt),
            fmt::format("Roll that back first: fettle rollback {}", word));
    const core::Known known = history.known(each.script, {});
    if (known.applied && known.applied->attempt > each.attempt && known.applied->sha256 != each.sha256 &&
        !is_among(all, known.applied->attempt))
      refuse(fmt::format("attempt {} says that a later version of {} was applied elsewhere", known.applied->attempt,
                         shown),
             fmt::format("fettle history --script {}", word));
  }
}

void refuse_another(const std::vector<std::int64_t>& agreed, const std::vector<Applied>& all) {
  const auto same = [](std::int64_t attempt, const Applied& each) { return attempt == each.attempt; };
  if (agreed.empty() || std::equal(agreed.begin(), agreed.end(), all.begin(), all.end(), same)) return;
  refuse("another run changed meanwhile what is to be rolled back", "Look again, with --dry-run.");
}

core::Load load_of(const core::Config& config, const Applied& applied, std::string text) {
  core::Load load;
  load.name = base::escape(applied.script);
  load.text = std::move(text);
  load.environment = config.run.environment;
  load.trigger = core::k_undoing;
  for (const auto& [name, value] : applied.args) load.arguments.push_back({name, value});
  return load;
}

Introduction introduced(const core::Config& config, Crew& crew, const Applied& applied, std::string text) {
  Introduction introduction = introduce(config, crew, load_of(config, applied, std::move(text)));
  crew.prepare_workers(1);
  if (const auto& fault = introduction.fault)
    refuse(fmt::format("{} as it ran in attempt {} cannot be loaded any more: {}", base::escape(applied.script),
                       applied.attempt, base::first_line(fault->error.empty() ? fault->reason : fault->error)),
           fmt::format("fettle show {}", applied.attempt));
  return introduction;
}

void refuse_what_cannot_be_undone(const ledger::History& history, const Applied& applied) {
  const std::string why = why_not_by_rows(history, applied.attempt);
  if (!why.empty())
    refuse(fmt::format("{} as it ran in attempt {} has no rollback(), and what it changed cannot be put back: {}",
                       base::escape(applied.script), applied.attempt, why),
           "Write a script that puts things right, and run it.");
}

struct Chosen {
  Applied applied;
  std::string text, description, database;
  bool by_rows = false;
};

std::vector<Chosen> look(const core::Config& config, const RollbackRequest& request, Crew& crew) {
  const auto history = ledger::History::open(config.path(config.ledger.path));
  if (!history) refuse("no script was run yet", "fettle status");
  const std::vector<Applied> all = chosen(*history, request);
  refuse_another(request.agreed, all);
  refuse_what_lies_below(*history, all);
  refuse_what_others_need(*history, all);
  std::vector<Chosen> choices;
  for (const Applied& each : all) {
    std::string text = history->text(each.sha256);
    Introduction introduction = introduced(config, crew, each, text);
    const bool by_rows = !introduction.declaration.rolls_back;
    if (by_rows) refuse_what_cannot_be_undone(*history, each);
    choices.push_back({each, std::move(text), std::move(introduction.declaration.description),
                       std::move(introduction.database), by_rows});
  }
  return choices;
}

// --- doing it --------------------------------------------------------------------------------------------------------

// Where the file lies then; empty: it could not be put back.
std::string requeue(Workplace& at, const Chosen& choice) {
  const Applied& applied = choice.applied;
  const std::string name = applied.moved_to.substr(applied.moved_to.rfind('/') + 1);
  const folder::MoveResult moved = at.folders.put_back(Place::succeeded, name.empty() ? applied.script : name,
                                                       {applied.script, applied.sha256, choice.text});
  if (moved.status == folder::MoveStatus::moved) return at.folders.display(Place::scripts, moved.name);
  at.observer.warning(fmt::format("{} was rolled back, but its file cannot be put back: {}",
                                  base::escape(applied.script), moved.detail));
  return {};
}

void tell(Workplace& at, core::AttemptReport told, core::RunReport& report) {
  report.counts.add(told.outcome.kind);
  if (told.outcome.cause == core::Cause::unreachable) report.target_unreachable = true;
  at.observer.script_ended(told);
  report.scripts.push_back(std::move(told));
}

// Recovery takes it for done when the receipt is gone. So nothing is begun of which it is gone already.
bool is_applied_there(Workplace& at, const Chosen& choice, core::RunReport& report) {
  if (at.config.run.preview) return true;  // recovery has nothing to do with it
  const Applied& applied = choice.applied;
  const core::Inquired answer = at.crew.inquire(
      {choice.database, applied.script, applied.sha256, at.ledger.id(), at.ledger.receipt_of(applied.attempt)});
  if (answer.proof != core::Proof::absent) return true;
  core::AttemptReport told;
  told.script = applied.script;
  told.sha256 = applied.sha256;
  told.outcome = core::blocked(core::Cause::none,
                               fmt::format("its receipt of attempt {} is not in the database {}: it was never applied "
                                           "there, or was taken back",
                                           applied.attempt, base::escape(choice.database)));
  tell(at, std::move(told), report);
  return false;
}

Restoration restoration_of(const Workplace& at, const Chosen& choice, std::int64_t attempt, Conflicts conflicts) {
  Restoration wish;
  wish.database = choice.database;
  wish.receipt = receipt_of(at, {choice.applied.script, choice.applied.sha256, {}}, attempt);
  wish.undoes = choice.applied.attempt;
  wish.receipt_undone = at.ledger.receipt_of(choice.applied.attempt);
  wish.conflicts = conflicts;
  return wish;
}

// By its rows, or by its own rollback().
ledger::Finished undo(Workplace& at, const Chosen& choice, Ready ready, std::int64_t attempt, Conflicts conflicts) {
  if (choice.by_rows) {
    const auto history = ledger::History::open(at.config.path(at.config.ledger.path));
    return restore(at.config, history.value(), at.crew, restoration_of(at, choice, attempt, conflicts));
  }
  Going going = set_out(at, std::move(ready), attempt);
  return perform(at, going, [] {});
}

// Whether it was taken back.
bool undo(Workplace& at, Attention& attention, const Chosen& choice, const RollbackRequest& request,
          core::RunReport& report) {
  const Applied& applied = choice.applied;
  Ready ready;
  ready.loaded.script = {applied.script, applied.sha256, choice.text};
  ready.undoes = applied.attempt;
  ready.database = choice.database;
  ready.requeues = request.requeue;
  for (const auto& [name, value] : applied.args) ready.arguments.push_back({name, value});
  const std::int64_t attempt = at.ledger.begin_attempt(intent_of(at, ready));
  const ledger::Finished finished = undo(at, choice, std::move(ready), attempt, request.conflicts);
  const bool done = finished.outcome.kind == core::OutcomeKind::rolled_back;
  core::AttemptReport told;
  // Before the record, by which no later run would look at it again.
  if (done && request.requeue) {
    told.moved_to = requeue(at, choice);
    at.folders.sync();
  }
  attention.look();
  at.ledger.finish_attempt(attempt, finished);
  told.attempt = attempt;
  told.script = applied.script;
  told.sha256 = applied.sha256;
  told.outcome = finished.outcome;
  told.duration = finished.measures.total;
  if (!told.moved_to.empty()) {
    at.ledger.set_moved_to(attempt, told.moved_to);
    at.ledger.moves_are_durable();
  }
  tell(at, std::move(told), report);
  return done;
}

// As far as a hook and people let it.
void undo_all(Workplace& at, const std::vector<Chosen>& choices, const RollbackRequest& request,
              core::RunReport& report) {
  RunRequest run;
  run.hook_text = request.hook_text;
  std::vector<std::string> names;
  for (const Chosen& choice : choices) names.push_back(choice.applied.script);
  at.observer.run_started(report, choices.size());
  Hooks hooks(at.config, run, report, at.ledger, at.stop, at.observer);
  Attention attention(at.stop, at.ledger, at.observer);
  const bool goes_on = hooks.before(names, at.folders) && !at.stop.requested();
  std::size_t done = 0;
  while (goes_on && done < choices.size()) {
    attention.wait_while_paused([] {}, [] { return true; });
    if (at.stop.requested()) break;
    const Chosen& choice = choices[done];
    at.observer.script_started(choice.applied.script, done + 1, choices.size());
    at.stop.works_on(choice.applied.script);
    if (!is_applied_there(at, choice, report) || !undo(at, attention, choice, request, report)) break;
    ++done;
  }
  attention.look();
  if (goes_on && done < choices.size())
    at.observer.warning(fmt::format("{} not rolled back: what comes before in time stands on what comes after",
                                    base::plural(choices.size() - done, "script")));
  report.stopped_by_signal = at.stop.signal();
  report.finished = os::now();
  if (goes_on) hooks.after();
}

core::RunReport start_report(const RollbackRequest& request) {
  core::RunReport report;
  report.trigger = core::k_undoing;
  report.by = request.by.empty() ? os::user_name() : request.by;
  report.host = os::host_name();
  report.reason = request.reason;
  report.started = os::now();
  return report;
}

ledger::RunStart start_of(const core::RunReport& report, const RollbackRequest& request) {
  return {.trigger = report.trigger,
          .by = report.by,
          .host = report.host,
          .reason = request.reason,
          .command = request.command,
          .pid = ::getpid(),
          .at = report.started};
}

}  // namespace

std::vector<Undoing> look_at_rollback(const core::Config& config, const RollbackRequest& request) {
  Crew crew(config);
  std::vector<Undoing> all;
  for (Chosen& choice : look(config, request, crew))
    all.push_back({choice.applied.attempt, std::move(choice.applied.script), std::move(choice.applied.sha256),
                   std::move(choice.applied.database), std::move(choice.description), choice.applied.finished,
                   choice.by_rows});
  return all;
}

core::RunReport roll_back(const core::Config& config, const RollbackRequest& request, core::Observer& observer) {
  const auto begin = os::Steady::now();
  Crew crew(config);
  core::RunReport report = start_report(request);
  folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, std::nullopt, &observer);
  if ((report.forbidden = forbidden(config))) {
    report.counts.blocked = look(config, request, crew).size();
    report.finished = os::now();
    observer.run_started(report, 0);
    observer.run_ended(report);
    return report;
  }
  crew.open_databases({lock.get()});
  ledger::Ledger ledger = ledger::Ledger::open(config.path(config.ledger.path));
  crew.start_broker({lock.get()});
  const std::vector<Recovery> damage = look_for_damage(config, folders, ledger, crew);
  for (const Recovery& recovery : damage) observer.warning(fmt::format("recovered: {}", describe(recovery)));
  repair_damage(damage, {report.by, request.reason}, folders, ledger);
  const std::vector<Chosen> choices = look(config, request, crew);
  if (!choices.empty()) {
    report.run = ledger.begin_run(start_of(report, request));
    Stop stop(config, report.run, [&observer](const std::string& at_work) {
      observer.warning(fmt::format("stopping: {} may finish; once more stops it at once", at_work));
    });
    const std::vector<core::Argument> none;
    Workplace place{config, core::Force::yes, none, report, folders, ledger, crew, stop, observer, {}};
    undo_all(place, choices, request, report);
    ledger.end_run(report.run,
                   {report.finished, static_cast<std::int64_t>(report.counts.total()), core::exit_code(report)});
    os::log_info(fmt::format("rollback, run {}, ended with exit code {}", report.run, core::exit_code(report)));
  }
  report.finished = os::now();
  report.duration = os::since(begin);
  observer.run_ended(report);
  return report;
}

}  // namespace runner

#include "runner/step.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "base/json.hpp"
#include "base/text.hpp"
#include "core/recovery.hpp"
#include "os/clock.hpp"
#include "runner/error_note.hpp"
#include "runner/session.hpp"

namespace runner {
namespace {

using core::Filing;
using core::Outcome;
using core::OutcomeKind;
using folder::Place;

core::Load load_of(const Workplace& at, const Ready& ready, std::int64_t attempt) {
  const core::Script& script = ready.loaded.script;
  core::Load load;
  load.name = base::escape(script.name);
  load.text = script.text;
  load.attempt = attempt;
  load.run = at.run.run;
  load.preview = at.config.run.preview;
  load.environment = at.config.run.environment;
  load.trigger = at.run.trigger;
  load.by = at.run.by;
  load.host = at.run.host;
  load.arguments = ready.undoes == 0 ? at.arguments : ready.arguments;
  return load;
}

// Told at once; written down for others to see not more often than every second, since that costs a sync.
std::function<void(const core::Progress&)> progress_sink(Workplace& at, std::int64_t attempt) {
  return [&at, attempt, written = os::Steady::now()](const core::Progress& progress) mutable {
    constexpr std::chrono::seconds k_between{1};
    at.observer.script_progress(progress);
    if (os::Steady::now() - written < k_between) return;
    written = os::Steady::now();
    at.ledger.set_progress(attempt, progress, os::now());
  };
}

// Only where a person has said of an earlier attempt that it is not applied after all.
ledger::Ledger::Disowned disowned(const Workplace& at, const Ready& ready) {
  const bool may_be = ready.known.last && !ready.known.same_version;
  return may_be ? at.ledger.disowned(ready.loaded.script.name, ready.loaded.script.sha256) : ledger::Ledger::Disowned{};
}

// What --arg gave it, as the ledger keeps it.
std::string arguments_of(const Workplace& at, const Ready& ready) {
  std::vector<std::pair<std::string, std::string>> arguments;
  for (const core::Argument& argument : ready.undoes == 0 ? at.arguments : ready.arguments)
    arguments.emplace_back(argument.name, argument.value);
  return base::json_texts(arguments);
}

Session::Setting setting_of(Workplace& at, const Going& going, std::int64_t attempt) {
  const Ready& ready = going.ready;
  Session::Setting setting;
  setting.timeout = at.config.run.timeout;
  setting.stop = &at.stop;
  setting.live = std::make_shared<LiveLog>(at.config, attempt);
  setting.on_line = [&at, live = setting.live.get()](core::LineLevel level, std::string_view text) {
    at.observer.script_line(level, text);
    live->add(level, text);
  };
  setting.on_progress = progress_sink(at, attempt);
  setting.on_data = [files = going.data.get()](const core::ReadData& wish, const std::function<bool()>& goes_on) {
    folder::DataFiles::Part part = files->read(wish.name, wish.offset, goes_on);
    return core::Data{std::move(part.fault), std::move(part.bytes)};
  };
  setting.limits = at.config.limits;
  setting.receipt = receipt_of(at, ready.loaded.script, attempt);
  setting.once = at.force == core::Force::no;
  setting.pack = [&at](std::string_view part) { return at.ledger.pack(part); };
  setting.parts_told = core::parts_sampled(at.rows_told);
  setting.undoes = ready.undoes == 0 ? 0 : at.ledger.receipt_of(ready.undoes);
  if (at.approved != nullptr) setting.approval = at.approved->of(ready.loaded.script.name);
  setting.disowned = disowned(at, ready);
  setting.on_time = at.force == core::Force::no;
  setting.forced = at.force == core::Force::yes && ready.undoes == 0;
  setting.demands = [&at, name = ready.loaded.script.name](const core::Declaration& declaration) {
    return at.demands == nullptr ? std::nullopt : at.demands->judge(name, declaration);
  };
  setting.while_paused = [&at](const std::function<bool()>& goes_on) {
    if (at.attention != nullptr) at.attention->wait_while_paused([] {}, goes_on);
  };
  setting.is_settled = [&at](std::int64_t earlier) { return at.ledger.is_settled(earlier); };
  setting.concluded = [&at, name = ready.loaded.script.name] { return at.ledger.concluded(name); };
  return setting;
}

// What is taken back is not asked whether it should run.
Session::Upto upto_of(const Ready& ready) noexcept {
  return ready.undoes == 0 ? Session::Upto::answer : Session::Upto::declaration;
}

// What it measured and said goes into `finished`.
void run_script(Session& session, const std::function<void()>& meanwhile, ledger::Finished& finished) {
  std::optional<Outcome> ended = session.load();
  if (!ended) ended = session.undoes() ? session.undo() : session.ask();
  finished.outcome = ended ? std::move(*ended) : session.execute(meanwhile);
  finished.declaration = session.declaration();
  finished.database = session.database();
  finished.measures = session.measures();
  finished.lines = session.take_lines();
  const core::OutcomeKind kind = finished.outcome.kind;
  if (kind == OutcomeKind::succeeded || kind == OutcomeKind::rolled_back || kind == OutcomeKind::unknown) {
    finished.changes = session.take_changes();
    finished.packed = session.take_packed();
  }
}

// What another tool has applied was perhaps another script of the same name.
void warn_of_other_bytes(Going& going) {
  const Ready& ready = going.ready;
  if (ready.step.state != core::ScriptState::imported) return;
  if (std::string fault = core::checksum_fault(*ready.known.imported, ready.loaded.script); !fault.empty())
    going.warnings.push_back(std::move(fault));
}

void add_details(const Workplace& at, const Going& going, ledger::Finished& finished) {
  const core::Declaration& declaration = finished.declaration;
  finished.details.try_number = going.ready.try_number;
  finished.details.allowed = declaration.allow_failure;
  finished.details.depends = base::json_list(declaration.depends);
  finished.details.tags = base::json_list(declaration.tags);
  finished.details.args = arguments_of(at, going.ready);
}

// A server that was started anew while nothing was going on, or a network that forgot an idle connection, costs nobody
// an attempt.
void run_script(Workplace& at, Going& going, const std::function<void()>& meanwhile, ledger::Finished& finished) {
  run_script(*going.session, meanwhile, finished);
  if (!going.session->lost_early()) return;
  going.session.reset();
  going.session = std::make_unique<Session>(at.crew, load_of(at, going.ready, going.attempt),
                                            setting_of(at, going, going.attempt), upto_of(going.ready));
  run_script(*going.session, meanwhile, finished);
}

// What is interrupted by a lost connection again and again may be what ends it. Tries that are left come first.
void give_up_in_time(const Workplace& at, const Ready& ready, std::uint64_t retries, Outcome& outcome) {
  const bool by_itself = outcome.cause == core::Cause::unreachable || outcome.cause == core::Cause::crash;
  if (outcome.kind != OutcomeKind::interrupted || !by_itself) return;
  if (!outcome.result.empty()) return;  // it has come further (runner/batches)
  if (ready.undoes != 0 || ready.try_number <= static_cast<std::int64_t>(retries)) return;
  const core::Script& script = ready.loaded.script;
  const std::int64_t times = at.ledger.interruptions(script.name, script.sha256) + 1;
  if (times < core::k_most_interruptions) return;
  outcome =
      core::failed(outcome.cause, fmt::format("given up: interrupted {} times, now because {}", times, outcome.reason));
}

// The note of an earlier failure is out of date once the script is being tried again, unless its failed copy still lies
// there.
void remove_old_note(Workplace& at, const Ready& ready) {
  const std::string& name = ready.loaded.script.name;
  if (!ready.known.last || ready.known.last->outcome != OutcomeKind::failed) return;
  if (std::holds_alternative<folder::Vanished>(at.folders.read(Place::failed, name)))
    at.folders.remove_error_note(name);
}

core::AttemptReport report_of(const folder::Loaded& loaded, const core::Step& step) {
  core::AttemptReport report;
  report.script = loaded.script.name;
  report.sha256 = loaded.script.sha256;
  report.stamp = loaded.stamp;
  if (step.state == core::ScriptState::changed) report.note = step.reason;
  return report;
}

// The file follows the record. What cannot be moved stays, and a warning says so; the ledger already knows the outcome.
void move(Workplace& at, const folder::Loaded& loaded, core::AttemptReport& report) {
  const Filing filing = core::filing(report.outcome.kind, at.config.run.skipped);
  if (filing == Filing::stays) return;
  const Place to = filing == Filing::to_failed ? Place::failed : Place::succeeded;
  const folder::MoveResult moved = at.folders.move(loaded, Place::scripts, to);
  const std::string name = base::escape(report.script);
  switch (moved.status) {
    case folder::MoveStatus::moved:
      break;
    case folder::MoveStatus::vanished:
      return at.observer.warning(fmt::format("{} was deleted while it ran; its outcome is recorded", name));
    case folder::MoveStatus::replaced:
      return at.observer.warning(fmt::format("{} was replaced while it ran; the new version stays pending", name));
    case folder::MoveStatus::failed:
      return at.observer.warning(
          fmt::format("{} stays where it is, it cannot be moved: {}; its outcome is recorded", name, moved.detail));
  }
  report.moved_to = at.folders.display(to, moved.name);
  // The note first: what the ledger does not know as filed the next run looks at again, and tries the note once more.
  std::string fault;
  if (to == Place::failed) fault = at.folders.write_error_note(moved.name, error_note(report, moved.name));
  if (fault.empty()) return at.ledger.set_moved_to(report.attempt, report.moved_to);
  at.observer.warning(
      fmt::format("{}; fettle show {} tells the error, the next run tries again", fault, report.attempt));
}

}  // namespace

core::Receipt receipt_of(const Workplace& at, const core::Script& script, std::int64_t attempt) {
  core::Receipt receipt;
  receipt.script = script.name;
  receipt.sha256 = script.sha256;
  receipt.ledger = at.ledger.id();
  receipt.node = at.config.fleet.node.empty() ? at.run.host : at.config.fleet.node;
  receipt.applied_at = base::iso8601(os::now());
  receipt.version = FETTLE_VERSION;
  receipt.attempt = attempt;
  receipt.run = at.run.run;
  return receipt;
}

std::variant<NothingToDo, core::AttemptReport, Ready> examine(Workplace& at, const std::string& name,
                                                              folder::ReadResult read) {
  if (std::holds_alternative<folder::Vanished>(read)) {
    at.observer.warning(fmt::format("{} is gone; somebody removed it since the run began", base::escape(name)));
    return NothingToDo{};
  }
  if (const auto* not_now = std::get_if<folder::NotNow>(&read)) {
    at.observer.warning(fmt::format("{} was left alone: {}", base::escape(name), not_now->reason));
    return NothingToDo{};
  }
  Ready ready{std::move(std::get<folder::Loaded>(read)), {}, {}};
  const core::Script& script = ready.loaded.script;
  ready.known = at.ledger.known(name, script.sha256);
  ready.step = core::decide(script.sha256, ready.known, at.config.run.changed, at.force);
  const std::string not_agreed = at.approved == nullptr ? std::string() : at.approved->refuses(script);
  const bool in_doubt = std::find(at.held.begin(), at.held.end(), name) != at.held.end();
  if (ready.step.decision != core::Decision::hold && !in_doubt && not_agreed.empty()) return ready;
  core::AttemptReport held = report_of(ready.loaded, ready.step);
  held.note.clear();
  held.outcome = in_doubt
                     ? core::blocked(core::Cause::unreachable,
                                     "an earlier attempt may have been committed, and its database cannot be asked now")
                     : core::blocked(core::Cause::none, not_agreed.empty() ? ready.step.reason : not_agreed);
  return held;
}

ledger::Intent intent_of(const Workplace& at, const Ready& ready) {
  const std::string_view state = ready.undoes == 0 ? core::name(ready.step.state) : ledger::k_rollback;
  return {.run = at.run.run,
          .script = ready.loaded.script,
          .state = std::string(state),
          .at = os::now(),
          .args = arguments_of(at, ready),
          .undoes = ready.undoes,
          .database = ready.database,
          .requeues = ready.requeues};
}

Going set_out(Workplace& at, Ready ready, std::int64_t attempt) {
  Going going{std::move(ready), attempt, os::Steady::now(), nullptr, {}, {}};
  going.data = std::make_unique<folder::DataFiles>(at.config.path(at.config.folders.data), at.config.folders.data);
  if (going.ready.step.decision == core::Decision::skip) return going;
  going.session = std::make_unique<Session>(at.crew, load_of(at, going.ready, attempt), setting_of(at, going, attempt),
                                            upto_of(going.ready));
  return going;
}

void go_ahead(const Workplace& at, Going& going) {
  constexpr std::chrono::microseconds k_most{2000};  // that the end of the script before it waits to be recorded
  if (going.session && !at.observer.would_wait()) going.session->run_ahead(k_most);
}

ledger::Finished perform(Workplace& at, Going& going, const std::function<void()>& meanwhile) {
  remove_old_note(at, going.ready);
  ledger::Finished finished;
  if (going.session)
    run_script(at, going, meanwhile, finished);
  else
    finished.outcome = core::skipped(going.ready.step.reason);
  if (!going.session) warn_of_other_bytes(going);
  give_up_in_time(at, going.ready, finished.declaration.retries, finished.outcome);
  if (going.session) going.warnings = going.session->warnings();
  finished.details.warnings = base::json_list(going.warnings);
  if (going.session) finished.progress = going.session->progress();
  finished.details.data = base::json_texts(going.data->taken());
  add_details(at, going, finished);
  going.session.reset();
  finished.at = os::now();
  finished.measures.total = os::since(going.start);
  return finished;
}

core::AttemptReport file(Workplace& at, const Going& going, const ledger::Finished& finished) {
  core::AttemptReport report = report_of(going.ready.loaded, going.ready.step);
  report.attempt = going.attempt;
  report.outcome = finished.outcome;
  report.duration = finished.measures.total;
  report.allowed = finished.details.allowed;
  report.warnings = going.warnings;
  report.changes = finished.changes.changes;
  report.sample = core::sample(finished.changes, at.rows_told);
  report.try_number = going.ready.try_number;
  if (!finished.details.again) move(at, going.ready.loaded, report);
  return report;
}

}  // namespace runner

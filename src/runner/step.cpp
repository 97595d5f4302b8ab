#include "runner/step.hpp"

#include <fmt/format.h>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "os/clock.hpp"
#include "runner/error_note.hpp"
#include "runner/session.hpp"

namespace runner {
namespace {

using core::Filing;
using core::Outcome;
using core::OutcomeKind;
using folder::Place;

core::Load load_of(const Workplace& at, const core::Script& script, std::int64_t run, std::int64_t attempt) {
  core::Load load;
  load.name = base::escape(script.name);
  load.text = script.text;
  load.attempt = attempt;
  load.run = run;
  load.environment = at.config.run.environment;
  load.triggered_by = at.trigger;
  return load;
}

// Runs the script in processes of its own; what it measured and said goes into `finished`.
void perform(Workplace& at, core::Load load, ledger::Finished& finished) {
  const auto on_line = [&at](core::LineLevel level, std::string_view text) { at.observer.script_line(level, text); };
  Session session(at.crew, std::move(load), {at.config.run.timeout, &at.stop, on_line});
  std::optional<Outcome> ended = session.load();
  if (!ended) ended = session.ask();
  // The receipt check belongs here, before execute().
  finished.outcome = ended ? std::move(*ended) : session.execute();
  finished.declaration = session.declaration();
  finished.database = session.database();
  finished.measures = session.measures();
  finished.lines = session.take_lines();
}

// The file follows the record. What cannot be moved stays, and the report says so; the ledger already knows the
// outcome.
void file(Workplace& at, const folder::Loaded& loaded, core::AttemptReport& report) {
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
  at.ledger.set_moved_to(report.attempt, report.moved_to);
  if (to == Place::failed) at.folders.write_error_note(moved.name, error_note(report, moved.name));
  at.folders.sync();
}

// The note of an earlier failure is out of date once the script is being tried again, unless its failed copy still lies
// there.
void remove_old_note(Workplace& at, const std::string& name, const core::Known& known) {
  if (!known.last || known.last->outcome != OutcomeKind::failed) return;
  if (std::holds_alternative<folder::Vanished>(at.folders.read(Place::failed, name)))
    at.folders.remove_error_note(name);
}

core::AttemptReport report_of(const core::Script& script, const core::Step& step) {
  core::AttemptReport report;
  report.script = script.name;
  report.sha256 = script.sha256;
  if (step.state == core::ScriptState::changed) report.note = step.reason;
  return report;
}

core::AttemptReport attempt(Workplace& at, std::int64_t run, const folder::Loaded& loaded, const core::Known& known,
                            const core::Step& step) {
  const auto start = os::Steady::now();
  core::AttemptReport report = report_of(loaded.script, step);
  report.attempt = at.ledger.begin_attempt({run, loaded.script, std::string(core::name(step.state)), os::now()});
  remove_old_note(at, loaded.script.name, known);
  ledger::Finished finished;
  if (step.decision == core::Decision::skip)
    finished.outcome = core::skipped(step.reason);
  else
    perform(at, load_of(at, loaded.script, run, report.attempt), finished);
  finished.at = os::now();
  finished.measures.total = os::since(start);
  at.ledger.finish_attempt(report.attempt, finished);
  report.outcome = std::move(finished.outcome);
  report.duration = finished.measures.total;
  file(at, loaded, report);
  return report;
}

}  // namespace

std::optional<core::AttemptReport> take_step(Workplace& at, std::int64_t run, const std::string& name) {
  const folder::ReadResult read = at.folders.read(Place::scripts, name);
  if (std::holds_alternative<folder::Vanished>(read)) {
    at.observer.warning(fmt::format("{} is gone; somebody removed it since the run began", base::escape(name)));
    return std::nullopt;
  }
  if (const auto* not_now = std::get_if<folder::NotNow>(&read)) {
    at.observer.warning(fmt::format("{} was left alone: {}", base::escape(name), not_now->reason));
    return std::nullopt;
  }
  const auto& loaded = std::get<folder::Loaded>(read);
  const core::Known known = at.ledger.known(name, loaded.script.sha256);
  const core::Step step = core::decide(loaded.script.sha256, known, at.config.run.changed, at.force);
  if (step.decision != core::Decision::hold) return attempt(at, run, loaded, known, step);
  core::AttemptReport held = report_of(loaded.script, step);
  held.note.clear();
  held.outcome = core::blocked(core::Cause::none, step.reason);
  return held;
}

}  // namespace runner

#include "core/plan.hpp"

#include <fmt/format.h>

namespace core {
namespace {

ScriptState state_of(const Known& known) noexcept {
  if (known.same_version) return ScriptState::applied;
  if (known.applied) return ScriptState::changed;
  if (known.imported && counts_as_applied(known.imported->state)) return ScriptState::imported;
  if (known.last) return ScriptState::retry;
  return ScriptState::fresh;
}

Step judge(std::string_view sha256, const Known& known, Changed changed, Force force) {
  Step step;
  step.state = state_of(known);
  switch (step.state) {
    case ScriptState::fresh:
      if (known.imported) step.reason = describe(*known.imported);
      break;
    case ScriptState::imported:
      step.reason = describe(*known.imported);
      if (force == Force::yes)
        step.reason += ", forced";
      else
        step.decision = Decision::skip;
      break;
    case ScriptState::retry:
      step.reason = fmt::format("attempt {} {}{}", known.last->attempt, name(known.last->outcome),
                                known.last->sha256 == sha256 ? "" : "; edited since");
      break;
    case ScriptState::changed:
      step.reason = fmt::format("changed since it was applied in attempt {}", known.applied->attempt);
      if (changed == Changed::hold && force == Force::no) {
        step.decision = Decision::hold;
        step.reason += "; held back by changed = \"hold\" (fettle run --force runs it)";
      }
      break;
    case ScriptState::applied:
      step.reason = fmt::format("already applied in attempt {}", known.same_version->attempt);
      if (known.same_version_repeatable)
        step.reason += ", repeatable";
      else if (force == Force::yes)
        step.reason += ", forced";
      else
        step.decision = Decision::skip;
      break;
  }
  return step;
}

// Whatever else is known of the script.
void hold_the_unknown(const Known& known, Step& step) {
  if (!known.last || known.last->outcome != OutcomeKind::unknown || step.decision == Decision::hold) return;
  step.decision = Decision::hold;
  step.reason = fmt::format(
      "nobody can say what attempt {} left: look at the database, then fettle mark it (fettle run --force runs it "
      "again)",
      known.last->attempt);
}

}  // namespace

Step decide(std::string_view sha256, const Known& known, Changed changed, Force force) {
  Step step = judge(sha256, known, changed, force);
  if (force == Force::no) hold_the_unknown(known, step);
  return step;
}

std::string_view name(ScriptState state) noexcept {
  switch (state) {
    case ScriptState::fresh:
      return "new";
    case ScriptState::retry:
      return "retry";
    case ScriptState::changed:
      return "changed";
    case ScriptState::applied:
      return "applied";
    case ScriptState::imported:
      return "imported";
  }
  return "";
}

}  // namespace core

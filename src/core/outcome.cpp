#include "core/outcome.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace core {
namespace {

constexpr std::array<std::string_view, 9> k_outcomes = {"succeeded", "skipped",     "failed", "blocked", "interrupted",
                                                        "unknown",   "rolled_back", "marked", "imported"};
constexpr std::array<std::string_view, 12> k_causes = {"",       "error",     "syntax", "contract",    "timeout",
                                                       "memory", "crash",     "locked", "unreachable", "validation",
                                                       "rule",   "dependency"};

template <class Kind, std::size_t size>
std::optional<Kind> find(const std::array<std::string_view, size>& names, std::string_view name) noexcept {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Kind>(found - names.begin());
}

}  // namespace

std::string_view name(OutcomeKind kind) noexcept {
  return k_outcomes[static_cast<std::size_t>(kind)];
}

std::string_view name(Cause cause) noexcept {
  return k_causes[static_cast<std::size_t>(cause)];
}

std::optional<OutcomeKind> outcome_from(std::string_view name) noexcept {
  return find<OutcomeKind>(k_outcomes, name);
}

std::optional<Cause> cause_from(std::string_view name) noexcept {
  return find<Cause>(k_causes, name);
}

std::span<const std::string_view> outcome_names() noexcept {
  return k_outcomes;
}

Filing filing(OutcomeKind kind, Skipped skipped) noexcept {
  switch (kind) {
    case OutcomeKind::succeeded:
      return Filing::to_succeeded;
    case OutcomeKind::skipped:
      return skipped == Skipped::keep ? Filing::stays : Filing::to_succeeded;
    case OutcomeKind::failed:
      return Filing::to_failed;
    case OutcomeKind::blocked:
    case OutcomeKind::interrupted:
    case OutcomeKind::unknown:
    case OutcomeKind::rolled_back:
    case OutcomeKind::marked:
    case OutcomeKind::imported:
      return Filing::stays;
  }
  return Filing::stays;
}

bool leaves_something(const Outcome& outcome) noexcept {
  return outcome.error.ends_with(k_what_stays);
}

Outcome skipped(std::string reason) {
  Outcome outcome;
  outcome.kind = OutcomeKind::skipped;
  outcome.reason = std::move(reason);
  return outcome;
}

Outcome blocked(Cause cause, std::string reason) {
  Outcome outcome;
  outcome.kind = OutcomeKind::blocked;
  outcome.cause = cause;
  outcome.reason = std::move(reason);
  return outcome;
}

Outcome failed(Cause cause, std::string error, std::string traceback) {
  Outcome outcome;
  outcome.kind = OutcomeKind::failed;
  outcome.cause = cause;
  outcome.error = std::move(error);
  outcome.traceback = std::move(traceback);
  return outcome;
}

}  // namespace core

#include "core/dependency.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <set>

#include "base/text.hpp"
#include "core/script.hpp"

namespace core {
namespace {

std::string_view significant(std::string_view number) noexcept {
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

bool counts_as_done(OutcomeKind kind) noexcept {
  switch (kind) {
    case OutcomeKind::succeeded:
    case OutcomeKind::skipped:
    case OutcomeKind::marked:
    case OutcomeKind::imported:
      return true;
    case OutcomeKind::failed:
    case OutcomeKind::blocked:
    case OutcomeKind::interrupted:
    case OutcomeKind::unknown:
    case OutcomeKind::rolled_back:
      return false;
  }
  return false;
}

bool is_done(const Known& known) noexcept {
  if (!known.last) return false;
  if (counts_as_done(known.last->outcome)) return true;
  return known.applied && says_nothing(known.last->outcome);
}

std::string what_of(const Known& known) {
  if (!known.last) return "has not run yet";
  switch (known.last->outcome) {
    case OutcomeKind::rolled_back:
      return fmt::format("was rolled back in attempt {}", known.last->attempt);
    case OutcomeKind::failed:
      if (known.last->attempt == 0) return "would fail";
      return fmt::format("failed in attempt {}", known.last->attempt);
    default:
      return fmt::format("is not applied: attempt {} {}", known.last->attempt, name(known.last->outcome));
  }
}

Standing stands_in_the_way(const Prerequisite& script) {
  Standing standing;
  standing.word = script.ahead ? Standing::Word::comes_later : Standing::Word::not_done;
  standing.waits_for = script.name;
  const std::string shown = base::escape(script.name);
  if (script.ahead)
    standing.reason = fmt::format("it depends on {}, which comes later in this run", shown);
  else if (script.left)
    standing.reason = fmt::format("it depends on {}, which is pending and not part of this run", shown);
  else
    standing.reason = fmt::format("it depends on {}, which {}", shown, what_of(script.known));
  return standing;
}

bool find_way(const std::string& at, const std::string& to, const Waits& waits, std::set<std::string>& seen,
              std::vector<std::string>& way) {
  const auto found = waits.find(at);
  if (found == waits.end() || !seen.insert(at).second) return false;
  way.push_back(at);
  for (const std::string& next : found->second) {
    if (next == to) {
      way.push_back(to);
      return true;
    }
    if (find_way(next, to, waits, seen, way)) return true;
  }
  way.pop_back();
  return false;
}

}  // namespace

bool is_called(std::string_view name, std::string_view word) noexcept {
  if (name == word || stem_of(name) == word) return true;
  const std::string_view number = number_of(name);
  return !number.empty() && number_of(word) == word && significant(number) == significant(word);
}

std::vector<std::string> called(std::span<const std::string> names, std::string_view word) {
  std::vector<std::string> found;
  std::copy_if(names.begin(), names.end(), std::back_inserter(found),
               [word](const std::string& name) { return is_called(name, word); });
  return found;
}

bool says_nothing(OutcomeKind kind) noexcept {
  return kind == OutcomeKind::blocked || kind == OutcomeKind::interrupted;
}

Standing judge(std::string_view word, std::span<const Prerequisite> meant) {
  Standing standing;
  standing.reason = fmt::format("it depends on {}, which is neither pending nor known to the ledger or a receipt",
                                base::escape(word));
  // One that is pending has to be done first. Of those that are not, one which was given up long ago counts only where
  // no other of the same number was applied.
  for (const Prerequisite& script : meant) {
    if (is_done(script.known)) {
      standing = {Standing::Word::satisfied, {}, {}};
      continue;
    }
    if (script.ahead || script.left) return stands_in_the_way(script);
    if (standing.word != Standing::Word::satisfied) standing = stands_in_the_way(script);
  }
  return standing;
}

std::vector<std::string> circle_from(const std::string& from, const Waits& waits) {
  std::set<std::string> seen;
  std::vector<std::string> way;
  if (!find_way(from, from, waits, seen, way)) way.clear();
  return way;
}

std::string describe_circle(const std::vector<std::string>& circle) {
  std::vector<std::string> names;
  for (const std::string& name : circle) names.push_back(base::escape(name));
  return circle.size() == 2 ? fmt::format("it depends on itself: {}", fmt::join(names, " → "))
                            : fmt::format("scripts depend on each other in a circle: {}", fmt::join(names, " → "));
}

}  // namespace core

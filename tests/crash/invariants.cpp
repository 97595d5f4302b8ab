#include "invariants.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

namespace crash {
namespace {

constexpr const char* k_at_most_once = "1 effect at most once";
constexpr const char* k_effect_and_receipt = "2 effect and receipt go together";
constexpr const char* k_success_has_receipt = "3 success in the ledger has a receipt";
constexpr const char* k_filed_as_recorded = "4 filed as the ledger says";
constexpr const char* k_in_one_folder = "5 every file in exactly one folder";
constexpr const char* k_has_row = "6 a filed script has its row";
constexpr const char* k_recovery_is_final = "7 recovery twice is recovery once";
constexpr const char* k_failure_has_none = "8 no success, no receipt";
constexpr const char* k_has_note = "a failed script has its error note";
constexpr const char* k_trail_holds = "the audit trail verifies";
constexpr const char* k_sound = "databases are sound";
constexpr const char* k_as_undisturbed = "in the end as if undisturbed";

using Trace = std::pair<std::string, std::int64_t>;  // script and attempt

unsigned most_marks(const Dropped& script) {
  switch (script.effect) {
    case Effect::once:
      return 1;
    case Effect::each_drop:
      return script.copies;
    case Effect::none:
      return 0;
  }
  return 0;
}

void check_marks(const State& state, const std::vector<Dropped>& dropped, Violations& found) {
  std::map<std::string, unsigned> marks;
  std::map<Trace, unsigned> of_attempt;
  for (const Mark& mark : state.marks) {
    ++marks[mark.tag];
    if (++of_attempt[{mark.script, mark.attempt}] == 2)
      found.push_back({k_at_most_once, fmt::format("attempt {} of {} left two rows", mark.attempt, mark.script)});
  }
  for (const Dropped& script : dropped)
    if (marks[script.tag] > most_marks(script))
      found.push_back(
          {k_at_most_once, fmt::format("{} ({}) took effect {} times", script.name, script.tag, marks[script.tag])});
}

void check_receipts_and_marks(const State& state, Violations& found) {
  std::set<Trace> marks, receipts;
  for (const Mark& mark : state.marks) marks.emplace(mark.script, mark.attempt);
  for (const Receipt& receipt : state.receipts) receipts.emplace(receipt.script, receipt.attempt);
  for (const Trace& mark : marks)
    if (!receipts.contains(mark))
      found.push_back({k_effect_and_receipt, fmt::format("{}, attempt {}: no receipt", mark.first, mark.second)});
  for (const Trace& receipt : receipts)
    if (!marks.contains(receipt))
      found.push_back({k_effect_and_receipt, fmt::format("{}, attempt {}: no effect", receipt.first, receipt.second)});
}

bool has_receipt(const State& state, const Attempt& attempt) {
  return std::any_of(state.receipts.begin(), state.receipts.end(), [&](const Receipt& receipt) {
    return receipt.attempt == attempt.id && receipt.script == attempt.script && receipt.sha256 == attempt.sha256;
  });
}

void check_attempts(const State& state, Violations& found) {
  for (const Attempt& attempt : state.attempts) {
    const std::string who = fmt::format("{}, attempt {}", attempt.script, attempt.id);
    if (attempt.outcome.empty()) found.push_back({k_has_row, who + " never ended"});
    if (attempt.outcome == "succeeded" && !has_receipt(state, attempt)) found.push_back({k_success_has_receipt, who});
    if (attempt.outcome != "succeeded" && attempt.outcome != "unknown" && has_receipt(state, attempt))
      found.push_back({k_failure_has_none, fmt::format("{}, {}, has one", who, attempt.outcome)});
  }
}

std::string describe(const Attempt* attempt) {
  if (attempt == nullptr) return "no attempt that filed it there";
  return fmt::format("attempt {} is {}", attempt->id, attempt->outcome);
}

void check_files(const State& state, const std::vector<Filed>& files, const std::set<std::string>& outcomes,
                 Violations& found) {
  for (const Filed& file : files) {
    const Attempt* by = nullptr;
    for (const Attempt& attempt : state.attempts)
      if (attempt.moved_to == file.path && attempt.sha256 == file.sha256) by = &attempt;
    if (by == nullptr)
      found.push_back({k_has_row, fmt::format("{}: {}", file.path, describe(by))});
    else if (!outcomes.contains(by->outcome))
      found.push_back({k_filed_as_recorded, fmt::format("{}: {}", file.path, describe(by))});
  }
}

void check_copies(const State& state, const std::vector<Dropped>& dropped, Violations& found) {
  std::map<std::string, unsigned> lying;
  for (const auto* files : {&state.pending, &state.succeeded, &state.failed})
    for (const Filed& file : *files) ++lying[file.sha256];
  for (const Dropped& script : dropped) {
    if (lying[script.sha256] != script.copies)
      found.push_back({k_in_one_folder, fmt::format("{} ({}): {} files instead of {}", script.name, script.tag,
                                                    lying[script.sha256], script.copies)});
    lying.erase(script.sha256);
  }
  for (const auto& [sha256, count] : lying)
    if (count > 0) found.push_back({k_in_one_folder, fmt::format("{} files with strange bytes", count)});
}

// The first line that differs, of both.
std::string difference(const std::string& left, const std::string& right) {
  std::size_t from = 0, at = 0;
  while (at < left.size() && at < right.size() && left[at] == right[at]) {
    if (left[at] == '\n') from = at + 1;
    ++at;
  }
  const auto line = [&](const std::string& text) {
    return text.substr(from, text.find('\n', from) - from).substr(0, 300);
  };
  return fmt::format("\"{}\" became \"{}\"", from < left.size() ? line(left) : "",
                     from < right.size() ? line(right) : "");
}

std::string tree_and_effects(const State& state) {
  std::string text;
  for (const auto* files : {&state.pending, &state.succeeded, &state.failed})
    for (const Filed& file : *files) text += file.path + " " + file.sha256 + "\n";
  std::multiset<std::string> tags;
  for (const Mark& mark : state.marks) tags.insert(mark.tag);
  for (const std::string& tag : tags) text += "effect of " + tag + "\n";
  return text;
}

}  // namespace

Violations check(const State& state, const std::vector<Dropped>& dropped) {
  Violations found;
  if (!state.broken.empty()) found.push_back({k_sound, state.broken});
  check_marks(state, dropped, found);
  check_receipts_and_marks(state, found);
  check_attempts(state, found);
  check_files(state, state.succeeded, {"succeeded", "skipped"}, found);
  check_files(state, state.failed, {"failed"}, found);
  check_copies(state, dropped, found);
  if (state.missing_notes > 0)
    found.push_back({k_has_note, fmt::format("{} in failed/ without its error note", state.missing_notes)});
  return found;
}

Violations check_trail(const Ended& verified) {
  if (verified.status == 0) return {};
  return {{k_trail_holds, fmt::format("exit code {}: {}", verified.status, verified.said)}};
}

Violations check_unchanged(const State& first, const State& second) {
  if (first.dump != second.dump) return {{k_recovery_is_final, difference(first.dump, second.dump)}};
  // A script that is held back makes each run a run.
  if (first.pending.empty() && first.runs != second.runs)
    return {{k_recovery_is_final, difference(first.runs, second.runs)}};
  return {};
}

Violations check_as_undisturbed(const State& state, const State& undisturbed) {
  const std::string is = tree_and_effects(state), should = tree_and_effects(undisturbed);
  if (is == should) return {};
  return {{k_as_undisturbed, difference(should, is)}};
}

}  // namespace crash

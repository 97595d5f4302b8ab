// Whether what a script depends on has been done, and whether scripts wait for each other in a circle. Pure: who knows
// what of a script is gathered by runner/demands.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"

namespace core {

// Whether a script is what a word of `depends` means: its file name, its stem or its number, with or without zeros in
// front.
bool is_called(std::string_view name, std::string_view word) noexcept;

// Of these names the ones that a word means.
std::vector<std::string> called(std::span<const std::string> names, std::string_view word);

// A script that a word of `depends` means.
struct Prerequisite {
  std::string name;
  Known known;         // attempt 0: what would become of it
  bool ahead = false;  // it is pending, and comes later in this run
  bool left = false;   // it is pending, and this run leaves it where it lies
};

// Whether an attempt that ended so came to nothing, and says nothing against an earlier one that was applied.
bool says_nothing(OutcomeKind kind) noexcept;

// What became of one word of `depends`.
struct Standing {
  enum class Word {
    satisfied,
    comes_later,  // `waits_for` comes later in this run
    missing,      // nobody has heard of it
    not_done,     // it failed, was rolled back, or waits itself
  } word = Word::missing;
  std::string waits_for;  // the script that stands in the way, where there is one
  std::string reason;     // for people; empty when satisfied
};

// script: who depends. meant: every script that the word means.
Standing judge(std::string_view word, std::span<const Prerequisite> meant);

// Who waits for whom, script by script.
using Waits = std::map<std::string, std::vector<std::string>, std::less<>>;

// The scripts of the circle that `from` closes, each waiting for the one behind it, the first one again at the end;
// empty: there is none.
std::vector<std::string> circle_from(const std::string& from, const Waits& waits);

// "they depend on each other in a circle: 001_a.lua → 002_b.lua → 001_a.lua"
std::string describe_circle(const std::vector<std::string>& circle);

}  // namespace core

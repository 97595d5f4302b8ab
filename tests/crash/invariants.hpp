// What must hold after the crash and one undisturbed run, whatever died and when.
#pragma once

#include <string>
#include <vector>

#include "program.hpp"
#include "site.hpp"
#include "state.hpp"

namespace crash {

struct Violation {
  std::string invariant;  // "1 effect at most once" …
  std::string detail;
};
using Violations = std::vector<Violation>;

// Everything that one look can tell: invariants 1 to 6 and 8, and that both databases are sound.
Violations check(const State& state, const std::vector<Dropped>& dropped);

// 7: a second recovery finds nothing to do.
Violations check_unchanged(const State& first, const State& second);

// verified: `fettle ledger verify`, after the recovery.
Violations check_trail(const Ended& verified);

// After a fault that gives fettle no reason to let a script fail: in the end everything is as if nothing had happened.
Violations check_as_undisturbed(const State& state, const State& undisturbed);

}  // namespace crash

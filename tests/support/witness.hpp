// What the ledger, the folders and a server say about scripts whose effect is a row in the table `ran`, and whether
// that agrees (design section 6). Looked at from outside, by other clients and by the program's own words.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/engine.hpp"

namespace support {

struct Witnessed {
  struct Attempt {
    std::int64_t id = 0;
    std::string script, outcome, error;  // outcome is empty: it has not ended
    bool settled = false;                // it says what became of the attempt before, whose receipt it is then
    bool operator==(const Attempt&) const = default;
  };
  using Trace = std::pair<std::string, std::int64_t>;  // script and attempt

  std::vector<Attempt> attempts;  // oldest first
  std::vector<std::string> tree;  // "fix-scripts/001.lua"
  std::multiset<Trace> effects, receipts;
  std::string counter;  // that each effect has increased by one
  bool operator==(const Witnessed&) const = default;

  std::string outcome_of(const std::string& script) const;  // of its last attempt; empty: none
  std::vector<std::string> in(const std::string& folder) const;
};

// Its effect can be counted, and is not its own guard.
std::string script_with_effect(const std::string& nap);
void make_tables(const Engine& engine);  // that the effects are in

Witnessed witness(const Site& site, const Engine& engine);

// A sentence for each thing that must not be. At any moment:
std::vector<std::string> contradictions(const Witnessed& seen);
// When all runs are over and nothing waits for a person any more:
std::vector<std::string> contradictions_at_end(const Witnessed& seen, const std::vector<std::string>& scripts);

}  // namespace support

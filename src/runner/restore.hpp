// Takes an attempt back by the rows that it changed, as the ledger has recorded them, where its script has no
// rollback(). Only rows that still are as the attempt left them are touched. Lives in the runner; the broker does the
// work, no script is at work.
#pragma once

#include <cstdint>
#include <string>

#include "core/config.hpp"
#include "core/receipt.hpp"
#include "ledger/history.hpp"
#include "runner/crew.hpp"

namespace runner {

enum class Conflicts { refuse, skip };  // rows that somebody changed since

// Why what was recorded does not tell how to undo it; empty: it does.
std::string why_not_by_rows(const ledger::History& history, std::int64_t attempt);

struct Restoration {
  std::string database;
  core::Receipt receipt;            // of the attempt that undoes
  std::int64_t undoes = 0;          // the attempt whose rows are put back
  std::int64_t receipt_undone = 0;  // the attempt whose receipt goes with them: the same, as a rule
  Conflicts conflicts = Conflicts::refuse;
};

// What there is to record of it. Its outcome is rolled_back when it was done.
ledger::Finished restore(const core::Config& config, const ledger::History& history, Crew& crew,
                         const Restoration& wish);

}  // namespace runner

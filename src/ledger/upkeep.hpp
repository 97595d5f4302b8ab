// What keeps a ledger small, between runs: the caller holds the run lock. Throws Error(ledger_broken).
#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace ledger {

// Sizes of file and write-ahead log together, bytes.
struct Optimized {
  std::int64_t before = 0, after = 0;
  bool has_reader = false;  // somebody reads an older state, so that the log could not be given back
};

// Carries the log into the file and writes the file anew without what is unused. A crash leaves the old one, or the new
// one. What it holds stays the same.
Optimized optimize(const std::string& path);

// What is removed: log lines and rows before and after of attempts, and previews, all that ended before this time.
// Attempts, runs, texts, events, counts of changes and the chain stay, so nothing of what was applied is forgotten.
struct PruneWish {
  base::Instant before;
  std::string by, host, reason;
  base::Instant at;  // now
  bool dry_run = false;
};
struct PruneResult {
  std::int64_t attempt = 0, run = 0;                // up to these; both 0: nothing is that old, or it was done before
  std::int64_t lines = 0, parts = 0, previews = 0;  // of log, of packed rows
  std::int64_t bytes = 0;                           // of all these, as far as they are counted
};
// In one commit with the event that signs for it (ledger/pruning). The space is given back by optimize(). Throws
// Error(ledger_broken) also for a ledger whose verification finds a fault, which pruning would hide.
PruneResult prune(const std::string& path, const PruneWish& wish);

}  // namespace ledger

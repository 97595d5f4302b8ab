// What keeps a ledger small, between runs: the caller holds the run lock. Throws Error(ledger_broken).
#pragma once

#include <cstdint>
#include <string>

namespace ledger {

// Sizes of file and write-ahead log together, bytes.
struct Optimized {
  std::int64_t before = 0, after = 0;
};

// Carries the log into the file and writes the file anew without what is unused. A crash leaves the old one, or the new
// one. What it holds stays the same.
Optimized optimize(const std::string& path);

}  // namespace ledger

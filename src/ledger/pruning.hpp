// What was pruned from a ledger (ledger/upkeep): log lines, rows before and after, and previews of what ended long ago.
// The event with the verb "prune" signs for it: it stands in the chain, tells up to where, and carries a digest of the
// changes whose rows are gone, so that what is left can still be verified. Used by both sides. Throws
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace ledger {

inline constexpr const char* k_prune = "prune";

// By the newest such event; attempt = 0 and run = 0: there was none.
struct Pruned {
  std::int64_t attempt = 0, run = 0;  // up to these, included: log lines and rows of attempts, previews of runs
  base::Instant at{};
  std::string by;
  std::string digest;  // of changes and schema_changes of these attempts, as changes_digest() has it
};
Pruned last_pruned(SQLite::Database& database);

// As the detail of the event tells it, and last_pruned() reads it.
std::string detail_of(const Pruned& pruned);

std::string changes_digest(SQLite::Database& database, std::int64_t up_to);

}  // namespace ledger

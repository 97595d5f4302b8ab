// What was pruned from a ledger (ledger/upkeep): log lines, rows before and after, and previews of what ended long ago.
// The event with the verb "prune" signs for it: it stands in the chain behind all that it is about, and tells up to
// where. In the place of the rows a mark stands that holds their digest, which is what the chain holds of them; so
// whatever is left can still be proved. Used by both sides. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace ledger {

inline constexpr const char* k_prune = "prune";

// attempt = 0 and run = 0: nothing was.
struct Pruned {
  std::int64_t attempt = 0, run = 0;  // up to these, included: log lines and rows of attempts, previews of runs
  base::Instant at{};
  std::string by;
  std::int64_t position = 0;  // of its event in the chain; what came behind it is not its own; 0: it is not in it
};
Pruned last_pruned(SQLite::Database& database);
// By which the log lines and rows of this attempt went.
Pruned pruned_of(SQLite::Database& database, std::int64_t attempt);

// As the detail of the event tells it.
std::string detail_of(const Pruned& pruned);

// What stands in the place of packed rows: one letter that no packed row begins with, and their SHA-256.
std::string mark_of(std::string_view packed);
// That digest, in hexadecimal digits; nullopt: it is no mark.
std::optional<std::string> digest_in_mark(std::string_view stored);

}  // namespace ledger

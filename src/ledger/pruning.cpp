#include "ledger/pruning.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"
#include "ledger/sql.hpp"

namespace ledger {
namespace {

constexpr char k_mark = 'P';  // a zstd frame begins with another byte
constexpr std::size_t k_digits = 64;

// The oldest, or else the newest, that reaches as far as that attempt.
Pruned find(SQLite::Database& database, std::int64_t attempt, const char* order) {
  Query query(database, fmt::format(R"sql(
    SELECT e.at, e.by, e.detail ->> '$.attempt', e.detail ->> '$.run', c.position
    FROM events e LEFT JOIN chain c ON c.kind = 'event' AND c.ref = e.id
    WHERE e.verb = 'prune' AND json_valid(e.detail) AND e.detail ->> '$.attempt' >= ?1 ORDER BY e.id {} LIMIT 1)sql",
                                    order));
  Pruned pruned;
  if (!query.number(attempt).next()) return pruned;
  pruned.at.milliseconds = query.take_number();
  pruned.by = query.take_text();
  pruned.attempt = query.take_number();
  pruned.run = query.take_number();
  pruned.position = query.take_number();
  return pruned;
}

// Most ledgers were never pruned, and the chain is long.
bool is_any(SQLite::Database& database) {
  return Query(database, "SELECT 1 FROM events WHERE verb = 'prune' LIMIT 1").next();
}

}  // namespace

Pruned last_pruned(SQLite::Database& database) {
  return is_any(database) ? find(database, 0, "DESC") : Pruned{};
}

Pruned pruned_of(SQLite::Database& database, std::int64_t attempt) {
  return is_any(database) ? find(database, attempt, "ASC") : Pruned{};
}

std::string detail_of(const Pruned& pruned) {
  return fmt::format("{{\"attempt\": {}, \"run\": {}}}", pruned.attempt, pruned.run);
}

std::string mark_of(std::string_view packed) {
  return k_mark + base::sha256_hex(packed);
}

std::optional<std::string> digest_in_mark(std::string_view stored) {
  if (stored.size() != k_digits + 1 || stored.front() != k_mark) return std::nullopt;
  return std::string(stored.substr(1));
}

}  // namespace ledger

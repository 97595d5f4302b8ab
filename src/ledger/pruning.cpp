#include "ledger/pruning.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"
#include "ledger/canonical.hpp"
#include "ledger/sql.hpp"

namespace ledger {

Pruned last_pruned(SQLite::Database& database) {
  Query query(database, R"sql(
    SELECT at, by, detail ->> '$.attempt', detail ->> '$.run', detail ->> '$.changes' FROM events
    WHERE verb = 'prune' AND json_valid(detail) ORDER BY id DESC LIMIT 1)sql");
  Pruned pruned;
  if (!query.next()) return pruned;
  pruned.at.milliseconds = query.take_number();
  pruned.by = query.take_text();
  pruned.attempt = query.take_number();
  pruned.run = query.take_number();
  pruned.digest = query.take_text();
  return pruned;
}

std::string detail_of(const Pruned& pruned) {
  return fmt::format("{{\"attempt\": {}, \"run\": {}, \"changes\": \"{}\"}}", pruned.attempt, pruned.run,
                     pruned.digest);
}

std::string changes_digest(SQLite::Database& database, std::int64_t up_to) {
  base::Sha256 sum;
  for (const char* table : {"changes", "schema_changes"}) {
    Query query(database, fmt::format("SELECT * FROM {} WHERE attempt <= ?1 ORDER BY attempt, number", table));
    query.number(up_to);
    while (query.next()) {
      Canonical row;
      query.take_rest(row);
      sum.add(row.bytes());
    }
    Canonical end;
    sum.add(end.null().bytes());
  }
  return sum.hex();
}

}  // namespace ledger

#include "ledger/tally.hpp"

#include <algorithm>

#include "ledger/sql.hpp"

namespace ledger {
namespace {

constexpr const char* k_ended = R"sql(
  SELECT id, outcome, total_us FROM attempts
  WHERE id > ?1 AND id < coalesce((SELECT min(id) FROM attempts INDEXED BY attempts_open
    WHERE outcome IS NULL AND moved_to IS NULL AND id > ?1), 9223372036854775807)
  ORDER BY id)sql";

}  // namespace

void tally_attempts(SQLite::Database& database, Tally& tally) {
  Query query(database, k_ended);
  query.number(tally.last);
  while (query.next()) {
    tally.last = query.take_number();
    const std::string outcome = query.take_text();
    const double seconds = static_cast<double>(query.take_number()) / 1e6;
    ++tally.outcomes[outcome];
    if (outcome != "succeeded" && outcome != "failed") continue;
    const auto bound = std::lower_bound(Tally::k_bounds.begin(), Tally::k_bounds.end(), seconds);
    ++tally.durations[static_cast<std::size_t>(bound - Tally::k_bounds.begin())];
    tally.seconds += seconds;
  }
}

}  // namespace ledger

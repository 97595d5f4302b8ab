#include "ledger/events.hpp"

#include <limits>

#include "ledger/sql.hpp"

namespace ledger {

std::vector<RecordedEvent> find_events(SQLite::Database& database, std::int64_t limit, std::int64_t before) {
  Query query(
      database,
      "SELECT id, at, verb, script, by, host, reason, detail FROM events WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
  query.number(before == 0 ? std::numeric_limits<std::int64_t>::max() : before).number(limit);
  std::vector<RecordedEvent> events;
  while (query.next()) {
    RecordedEvent& one = events.emplace_back();
    one.id = query.take_number();
    one.event.at.milliseconds = query.take_number();
    for (auto* text :
         {&one.event.verb, &one.event.script, &one.event.by, &one.event.host, &one.event.reason, &one.event.detail})
      *text = query.take_text();
  }
  return events;
}

}  // namespace ledger

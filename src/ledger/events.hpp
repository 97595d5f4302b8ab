// Verbs that are no attempts, as the ledger remembers them: marks, pauses, retries, hooks, tokens. Used by
// ledger/history. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <vector>

#include "ledger/ledger.hpp"

namespace ledger {

struct RecordedEvent {
  std::int64_t id = 0;
  Event event;
};

// Newest first. before: only events with a smaller id; 0: from the newest on. Each is found by its id.
std::vector<RecordedEvent> find_events(SQLite::Database& database, std::int64_t limit, std::int64_t before);

}  // namespace ledger

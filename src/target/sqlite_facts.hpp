// What an open SQLite database is like, for people who look after it. Broker only.
#pragma once

#include <sqlite3.h>
#include <vector>

#include "core/message.hpp"

namespace target {

// file, version, journal, synchronous, size, receipts. What cannot be read is left out.
std::vector<core::Fact> facts_of(sqlite3* database);

}  // namespace target

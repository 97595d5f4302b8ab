// What a PostgreSQL server tells of itself, for people. Lives in the broker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/message.hpp"
#include "target/postgresql_link.hpp"

namespace target {

// For `fettle doctor`; outside a transaction. Throws SqlError.
std::vector<core::Fact> facts_of(PgLink& link);

// Who holds an advisory lock of this database, and since when.
std::string holder_of(PgLink& link, std::int64_t lock);

bool is_standby(PgLink& link);
bool has_lock(PgLink& link, std::int64_t lock);  // this connection: the lock of a script
bool is_behind_pooler(PgLink& link);             // its server process is not the one that the connection was told of

}  // namespace target

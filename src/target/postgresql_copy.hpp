// Copies of PostgreSQL databases for a rehearsal, kept by the same server beside the original. The server makes one
// with the original as its template while nobody else is connected to it; beside others pg_dump and pg_restore do.
// Lives in a broker that is not locked down yet, with a connection of its own.
#pragma once

#include <string>

#include "core/message.hpp"

namespace target {

// First drops the copies of all rehearsals that wish.alive does not name. Then makes the copy, unless name is empty; it
// is there, and is reached through with_database(url, name), when this returns. One that failed half-way is left for
// such a drop. Ends early once wake becomes readable. Throws SqlError.
void keep_postgresql_copies(const std::string& url, const core::ServerCopies& wish, const std::string& name, int wake);

}  // namespace target

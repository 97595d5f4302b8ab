// SQLite files as targets. Durability is not left to defaults: a WAL database runs with synchronous=FULL, any other
// with a persistent rollback journal and synchronous=EXTRA: the end of the journal, a header of zeros, is synced as
// well (SQLite's own default, a deleted journal with FULL, was measured to lose the last commit at a power cut). The
// file's own journal mode is never changed for others.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "target/connection.hpp"
#include "target/drivers.hpp"

namespace target {

// address: a path, or path?option=value&…; options: mode=rwc (make the file when it is missing), foreign_keys=on,
// busy_timeout=5s. Throws SqlError as connect() does.
std::unique_ptr<Connection> open_sqlite(std::string_view address, const Surroundings& surroundings);

// SQLite takes no locks in this process, which never has a second thread. Before its first use; without effect later.
void use_sqlite_alone();

// All SQLite connections of this process together may hold so many bytes; what needs more fails with Cause::memory.
void limit_sqlite_memory(std::uint64_t bytes);

// The file is missing and its URL says mode=rwc. Throws SqlError as connect() does.
bool is_made_by_opening_sqlite(std::string_view address, const Surroundings& surroundings);

class JournalKeeper;

// From here on every SQLite connection of this process makes and removes the keeper's rollback journals through it. The
// keeper must live until the last connection is closed. Broker only.
void route_journals_through(const JournalKeeper& keeper);

}  // namespace target

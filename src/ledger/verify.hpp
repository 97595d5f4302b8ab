// Looks for what somebody else did to a ledger: walks the chain from its beginning, compares every entry with its row,
// every row with the chain, and every text with its SHA-256. Reads one state of the file, changes nothing, and keeps
// no more than the ids in memory. What it finds is a value; throws SQLite::Exception only where the file cannot be
// read.
#pragma once

#include <SQLiteCpp/Database.h>

#include "ledger/findings.hpp"

namespace ledger {

// expected: a head of this ledger that was kept elsewhere; nullopt: there is none.
Verdict verify(SQLite::Database& database, const std::optional<Head>& expected);
// The same within the caller's transaction.
Verdict verify_here(SQLite::Database& database, const std::optional<Head>& expected);

}  // namespace ledger

// A copy of an SQLite database as it is committed at one moment, while others may go on using it. Lives in the broker.
#pragma once

#include <sqlite3.h>
#include <string>

namespace target {

// Into a file that is made for it, or is empty. Others may read meanwhile, and with a write-ahead log write as well.
// Nothing of the copy is synced: it is not meant to last. Ends early once wake becomes readable. Throws SqlError.
void copy_sqlite(sqlite3* from, const std::string& file, int wake);

}  // namespace target

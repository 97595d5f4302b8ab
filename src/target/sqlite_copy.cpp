#include "target/sqlite_copy.hpp"

#include <SQLiteCpp/Database.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "target/connection.hpp"

namespace target {

// In one step, and so of one moment: in several it would begin anew whenever somebody else commits.
void copy_sqlite(sqlite3* from, const std::string& file) {
  SQLite::Database copy(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  sqlite3* to = copy.getHandle();
  copy.tryExec("PRAGMA synchronous=OFF");
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
  const int step = backup != nullptr ? sqlite3_backup_step(backup, -1) : sqlite3_errcode(to);
  const std::string said = step == SQLITE_DONE ? "" : sqlite3_errstr(step);
  const int end = backup != nullptr ? sqlite3_backup_finish(backup) : step;
  if (step != SQLITE_DONE || end != SQLITE_OK)
    throw SqlError(core::Cause::unreachable, fmt::format("it cannot be copied to {}: {}", base::escape(file),
                                                         said.empty() ? sqlite3_errstr(end) : said));
}

}  // namespace target

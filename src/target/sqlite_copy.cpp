#include "target/sqlite_copy.hpp"

#include <SQLiteCpp/Database.h>
#include <fmt/format.h>
#include <poll.h>

#include "base/text.hpp"
#include "target/connection.hpp"

namespace target {

namespace {

constexpr int k_pages = 4096;  // between two looks at wake

bool is_readable(int descriptor) {
  pollfd wait{descriptor, POLLIN, 0};
  return ::poll(&wait, 1, 0) > 0;
}

int copy_pages(sqlite3* from, sqlite3* to, int wake) {
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
  if (backup == nullptr) return sqlite3_errcode(to);
  int step = SQLITE_OK;
  while (step == SQLITE_OK) step = is_readable(wake) ? SQLITE_INTERRUPT : sqlite3_backup_step(backup, k_pages);
  const int end = sqlite3_backup_finish(backup);
  return step == SQLITE_DONE ? end : step;
}

}  // namespace

// Of one moment: a transaction holds it, without which the copy would begin anew whenever somebody else commits.
void copy_sqlite(sqlite3* from, const std::string& file, int wake) {
  SQLite::Database copy(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  copy.tryExec("PRAGMA synchronous=OFF");
  int fault = sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr);
  if (fault == SQLITE_OK) fault = copy_pages(from, copy.getHandle(), wake);
  sqlite3_exec(from, "ROLLBACK", nullptr, nullptr, nullptr);
  if (fault != SQLITE_OK)
    throw SqlError(core::Cause::unreachable,
                   fmt::format("it cannot be copied to {}: {}", base::escape(file), sqlite3_errstr(fault)));
}

}  // namespace target

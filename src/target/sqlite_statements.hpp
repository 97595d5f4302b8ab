// The compiled statements of one SQLite connection and one speaker, scripts or fettle itself: what either says is
// compiled here, one statement at a time, and what is said again and again is kept. Lives in the broker; owned by its
// connection.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <sqlite3.h>
#include <string>

#include "core/value.hpp"
#include "target/sqlite_guard.hpp"
#include "target/sqlite_values.hpp"

namespace target {

class SqliteStatements {
 public:
  // fail: turns a result code into an SqlError and throws it.
  SqliteStatements(sqlite3* database, SqliteGuard& guard, SqliteGuard::Speaker speaker, std::function<void(int)> fail);

  // Kept for the next time; valid until the next call. take: out of what is kept, for a cursor to read. From here on
  // the guard listens to this speaker. Throws SqlError: not SQL, refused, or more than one statement.
  sqlite3_stmt* keep(const std::string& sql);
  Compiled take(const std::string& sql);
  void forget();

 private:
  Compiled compile(const std::string& sql);
  void refuse_second(const char* tail);

  sqlite3* database_;
  SqliteGuard& guard_;
  SqliteGuard::Speaker speaker_;
  std::function<void(int)> fail_;
  std::map<std::string, Compiled> kept_;  // one that a cursor is reading is never in it
  std::size_t kept_bytes_ = 0;
};

// One value for each placeholder. Throws SqlError.
void bind_all(sqlite3_stmt* statement, const core::Row& parameters);

}  // namespace target

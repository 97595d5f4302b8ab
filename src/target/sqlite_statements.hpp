// The compiled statements of one SQLite connection and one speaker, scripts or fettle itself: what either says is
// compiled here, one statement at a time, and what is said again and again is kept. Lives in the broker; owned by its
// connection.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <sqlite3.h>
#include <string>
#include <string_view>

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
  sqlite3_stmt* keep(std::string_view sql);
  Compiled take(std::string_view sql);
  void forget();

 private:
  Compiled compile(std::string_view sql);
  void refuse_second(const char* tail);

  sqlite3* database_;
  SqliteGuard& guard_;
  SqliteGuard::Speaker speaker_;
  std::function<void(int)> fail_;
  std::map<std::string, Compiled, std::less<>> kept_;  // one that a cursor is reading is never in it
  std::size_t kept_bytes_ = 0;
};

// Leaves a cached statement as if it had never run, also when it failed.
struct Rewind {
  explicit Rewind(sqlite3_stmt* rewound) : statement(rewound) {}
  Rewind(const Rewind&) = delete;
  Rewind& operator=(const Rewind&) = delete;
  ~Rewind() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
  sqlite3_stmt* statement;
};

// One value for each placeholder. Throws SqlError.
void bind_all(sqlite3_stmt* statement, const core::Values& parameters, Bytes bytes);

}  // namespace target

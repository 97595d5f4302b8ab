// A SQLite file as a target, seen by the room and, beside it, by an ordinary connection.
#pragma once

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <vector>

#include "support/scratch.hpp"
#include "target/sqlite.hpp"

namespace support {

enum class Journal { rollback, wal };

class TargetFile {
 public:
  explicit TargetFile(Journal journal = Journal::rollback) {
    outside(journal == Journal::wal ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE");
    outside("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
  }

  const Scratch& scratch() const noexcept { return scratch_; }
  std::string path() const { return scratch_.path("app.db"); }
  target::Surroundings surroundings() const { return {scratch_.path(), scratch_.path(".fettle/ledger.db")}; }

  std::unique_ptr<target::Connection> open(const std::string& address = "app.db") const {
    return target::open_sqlite(address, surroundings());
  }

  // By another connection, as another program would.
  std::string outside(const std::string& sql) const {
    SQLite::Database database(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.setBusyTimeout(5000);
    SQLite::Statement statement(database, sql);
    return statement.executeStep() && !statement.getColumn(0).isNull() ? statement.getColumn(0).getString() : "";
  }

 private:
  Scratch scratch_;
};

// The text of the SqlError that this throws; "no error".
template <class Action>
std::string sql_error(const Action& action) {
  try {
    action();
    return "no error";
  } catch (const target::SqlError& error) {
    return std::string(core::name(error.cause())) + ": " + error.what();
  }
}

inline bool says(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 500));
  return found;
}

// First column of the first row.
inline core::Value value_of(target::Connection& connection, const std::string& sql,
                            const core::Values& parameters = {}) {
  const auto cursor = connection.query(sql, parameters);
  core::Writer bytes;
  REQUIRE(cursor->next(bytes));
  core::Reader reader(bytes.bytes());
  const core::Row row = reader.row();
  REQUIRE(reader.complete());
  return row.at(0);
}

// Rows as the broker finds them in a message.
class Packed {
 public:
  explicit Packed(const std::vector<core::Row>& rows) {
    core::Writer bytes;
    bytes.put(static_cast<std::uint32_t>(rows.size()));
    for (const core::Row& row : rows) bytes.put(row);
    bytes_ = bytes.take();
    core::Reader reader(bytes_);
    rows_ = core::PackedRows(reader);
    REQUIRE(reader.complete());
  }
  Packed(const Packed&) = delete;
  Packed& operator=(const Packed&) = delete;
  operator core::PackedRows() const { return rows_; }

 private:
  std::string bytes_;
  core::PackedRows rows_;
};

}  // namespace support

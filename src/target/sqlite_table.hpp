// How SQLite keeps the rows of one table, as far as the account of changes must know: which columns are in a row, what
// tells rows apart, whether the preupdate hook gives them right. And how a row is read. Lives in the broker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire.hpp"
#include "target/sqlite_values.hpp"

namespace target {

struct SqliteColumn {
  std::string name;
  int number = 0;        // among all columns of the table
  int stored = 0;        // among those that are in a row: no virtual generated ones
  bool is_real = false;  // an integer in it is a real number that SQLite keeps as an integer
  bool has_default = false;
  bool misread = false;   // of a table without rowid: the hook takes it for a REAL column (SQLite 3.40)
  std::string collation;  // of the primary key's index
  bool operator==(const SqliteColumn&) const = default;
};

struct SqliteTable {
  std::string name;
  std::vector<SqliteColumn> columns;  // that are in a row
  std::vector<std::size_t> key;       // the primary key, in its own order; empty: it has none
  bool without_rowid = false;
  bool key_is_rowid = false;  // INTEGER PRIMARY KEY
  bool direct = true;         // what the hook gives is right: else the row is read by SQL
  std::string rowid;          // a name for it that is no column's, quoted; empty: there is none
  std::string gap;            // why its rows cannot be told; empty: they can
  bool operator==(const SqliteTable&) const = default;

  // Rows are found by the values of their primary key, or else by their rowid.
  bool by_values() const noexcept { return !key.empty() && !key_is_rowid; }
};

// What is asked of a database's own tables while another statement may be at work in it. Throws SqlError.
class SqliteQuestion {
 public:
  SqliteQuestion(sqlite3* database, const std::string& sql);
  SqliteQuestion& with(const std::string& text);
  SqliteQuestion& with(std::int64_t number);
  SqliteQuestion& with(const core::ValueView& value);
  bool next();  // false: there is no further row
  void again();
  std::string text(int column) const;
  std::int64_t number(int column) const noexcept;
  sqlite3_stmt* statement() const noexcept { return statement_.get(); }

 private:
  sqlite3* database_;
  Compiled statement_;
  int bound_ = 0;
};

// nullopt: there is no such table in the file.
std::optional<SqliteTable> look_at_table(sqlite3* database, const std::string& name);

std::string quoted(std::string_view name);

// A query of whole rows, column by column as in `columns`, behind one column more: the rowid or NULL. Rows by rowid are
// those of a range (?1 and ?2), in its order.
std::string rows_by_rowid(const SqliteTable& table);
std::string row_by_key(const SqliteTable& table);
std::string all_rows(const SqliteTable& table);

// Keys. Their bytes sort as the rowids do. A real number that is integral counts as that integer.
void put_rowid(std::string& key, std::int64_t rowid);
std::optional<std::int64_t> rowid_in(std::string_view key) noexcept;  // nullopt: it is one of values
core::ValueView key_value(const core::ValueView& value) noexcept;
inline constexpr char k_key_of_values = 'v';

}  // namespace target

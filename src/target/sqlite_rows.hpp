// The rows of one SQLite table as the account of changes needs them: packed, told apart by keys, read again by SQL.
// Lives in the broker.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/wire.hpp"
#include "target/change_log.hpp"
#include "target/sqlite_table.hpp"

namespace target {

class SqliteRows {
 public:
  SqliteRows(sqlite3* database, SqliteTable table) : database_(database), table_(std::move(table)) {}

  const SqliteTable& table() const noexcept { return table_; }

  // The key of a row whose columns `give` tells, by their places in table().columns. A primary key may have NULLs where
  // there are rowids, which then tell the rows apart.
  template <class Give>
  void put_key(std::string& key, std::int64_t rowid, Give give);
  // That of the row at which a query of this class stands.
  void put_key(std::string& key, std::int64_t rowid, sqlite3_stmt* row);
  // That row, packed over `packed`. false: it is larger than k_largest_image.
  bool pack(core::Writer& packed, sqlite3_stmt* row) const;

  // What stands at one row: by its rowid, or by its key of values. Column 0 is the rowid or NULL, then table().columns.
  // To be put back with again() when it was read. Throws SqlError.
  SqliteQuestion& by_rowid(std::int64_t first, std::int64_t last);
  SqliteQuestion& by_key(std::string_view key);

  // Each noted row that there is now, packed; nullopt: it is too large. Throws SqlError.
  using Found = std::function<void(std::size_t row, std::optional<std::string_view> packed)>;
  void read_again(const NotedRows& rows, const Found& found);
  void read_all(const std::function<void(std::optional<std::string_view>)>& found);

 private:
  using Numbered = std::vector<std::pair<std::int64_t, std::uint32_t>>;  // rowids, and which row it is
  void read_by_rowid(const Numbered& rows, const Found& found);
  std::optional<std::string_view> packed_at(sqlite3_stmt* row);

  sqlite3* database_;
  SqliteTable table_;
  std::optional<SqliteQuestion> by_rowid_, by_key_;
  core::Writer row_, values_;
  std::string key_;
};

template <class Give>
void SqliteRows::put_key(std::string& key, std::int64_t rowid, Give give) {
  key.clear();
  if (!table_.by_values()) return put_rowid(key, rowid);
  values_.clear();
  for (const std::size_t place : table_.key) {
    const core::ValueView value = key_value(give(place));
    if (std::holds_alternative<core::Null>(value) && !table_.without_rowid) return put_rowid(key, rowid);
    values_.put(value);
  }
  key += k_key_of_values;
  key += values_.bytes();
}

}  // namespace target

// The SQL by which a row is found that is exactly as it was told, in the words of each engine. Lives in the broker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "target/connection.hpp"

namespace target {

std::string quoted(std::string_view engine, std::string_view name);
// As core::TableChanges tells it; servers: perhaps with its schema before a dot.
std::string quoted_table(std::string_view engine, const std::string& table);

// Its columns as they are now. Throws SqlError.
struct RestoredColumn {
  std::string name;
  bool is_made = false;  // the database computes it, so that nobody can write it
  std::string type;      // servers: as SQL writes it
};
std::vector<RestoredColumn> columns_of(Connection& own, const std::string& quoted_table, const std::string& table);

// Of rowid, _rowid_ and oid one that is no column; empty: all are.
std::string free_row_name(const std::vector<std::string>& columns);

// What stands behind WHERE, and its parameters. Values are compared exactly: bytes, not what a collation takes for the
// same, nor an integer for a real number.
class RowCondition {
 public:
  // row_name: SQLite: what its rows are called beside their columns.
  RowCondition(std::string_view engine, std::string table, std::string row_name)
      : engine_(engine), table_(std::move(table)), row_name_(std::move(row_name)) {}

  // column: quoted; type: of RestoredColumn.
  void is_key(const std::string& column, const std::string& type, const core::Value& value);  // by its index
  void is(const std::string& column, const std::string& type, const core::Value& value);

  // has_key: at most one row can be meant; else one of those that are alike is picked.
  std::string text(bool has_key) const;
  const core::Row& values() const noexcept { return values_; }
  core::Row take_values() noexcept { return std::move(values_); }

 private:
  void add(std::string condition, const core::Value& value);

  std::string engine_, table_, row_name_, conditions_;
  core::Row values_;
  bool has_null_key_ = false;
};

}  // namespace target

#include "target/restoring_sql.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "core/wire.hpp"

namespace target {
namespace {

constexpr const char* k_columns_in_sqlite = "SELECT name, hidden IN (2, 3), '' FROM pragma_table_xinfo(?)";
constexpr const char* k_columns_in_postgresql =
    "SELECT attname::text, CASE WHEN attgenerated <> '' THEN 1 ELSE 0 END, pg_catalog.format_type(atttypid, atttypmod)"
    " FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(?) AND attnum > 0 AND NOT attisdropped";
constexpr const char* k_columns_in_mariadb =
    "SELECT COLUMN_NAME, coalesce(GENERATION_EXPRESSION, '') <> '', COLUMN_TYPE FROM information_schema.COLUMNS WHERE "
    "TABLE_SCHEMA = coalesce(nullif(?, ''), database()) AND TABLE_NAME = ?";

bool is_null(const core::Value& value) noexcept {
  return std::holds_alternative<core::Null>(value);
}

std::pair<std::string, std::string> parts_of(const std::string& table) {
  const std::size_t dot = table.find('.');
  if (dot == std::string::npos) return {{}, table};
  return {table.substr(0, dot), table.substr(dot + 1)};
}

}  // namespace

std::string quoted(std::string_view engine, std::string_view name) {
  const char quote = engine == "mariadb" ? '`' : '"';
  std::string text(1, quote);
  for (const char letter : name) {
    if (letter == quote) text += quote;
    text += letter;
  }
  return text + quote;
}

std::string quoted_table(std::string_view engine, const std::string& table) {
  if (engine == "sqlite") return quoted(engine, table);
  const auto [schema, name] = parts_of(table);
  return schema.empty() ? quoted(engine, name) : fmt::format("{}.{}", quoted(engine, schema), quoted(engine, name));
}

std::string free_row_name(const std::vector<std::string>& columns) {
  for (const char* name : {"rowid", "_rowid_", "oid"})
    if (std::none_of(columns.begin(), columns.end(), [name](const std::string& column) {
          return std::equal(column.begin(), column.end(), name, name + std::strlen(name), [](char left, char right) {
            return std::tolower(static_cast<unsigned char>(left)) == right;
          });
        }))
      return name;
  return {};
}

std::vector<RestoredColumn> columns_of(Connection& own, const std::string& quoted_table, const std::string& table) {
  core::Values parameters;
  const auto [schema, name] = parts_of(table);
  std::string sql = k_columns_in_sqlite;
  if (own.engine() == "sqlite") {
    parameters.emplace_back(std::string_view(table));
  } else if (own.engine() == "postgresql") {
    sql = k_columns_in_postgresql;
    parameters.emplace_back(std::string_view(quoted_table));
  } else {
    sql = k_columns_in_mariadb;
    parameters.emplace_back(std::string_view(schema));
    parameters.emplace_back(std::string_view(name));
  }
  const auto rows = own.query(sql, parameters);
  std::vector<RestoredColumn> columns;
  for (core::Writer row; rows->next(row); row.clear()) {
    core::Reader in(row.bytes());
    const core::Row values = in.row();
    if (values.size() != 3) continue;
    const auto* found = std::get_if<std::string>(&values[0]);
    const auto* made = std::get_if<std::int64_t>(&values[1]);
    const auto* type = std::get_if<std::string>(&values[2]);
    if (found != nullptr) columns.push_back({*found, made != nullptr && *made != 0, type != nullptr ? *type : ""});
  }
  return columns;
}

void RowCondition::add(std::string condition, const core::Value& value) {
  conditions_ += fmt::format("{}{}", conditions_.empty() ? "" : " AND ", condition);
  values_.push_back(value);
}

// A collation may find a row whose key is written in another way, and 1.0 is 1.00.
void RowCondition::is_key(const std::string& column, const std::string& type, const core::Value& value) {
  if (is_null(value)) {
    has_null_key_ = true;
    return is(column, type, value);
  }
  if (engine_ == "postgresql")
    add(fmt::format("{} = CAST(? AS {})", column, type), value);
  else
    add(fmt::format("{} = ?", column), value);
  is(column, type, value);
}

void RowCondition::is(const std::string& column, const std::string& type, const core::Value& value) {
  if (is_null(value)) {
    // PostgreSQL takes a row of nothing but NULL for NULL.
    const std::string null = engine_ == "postgresql" ? fmt::format("pg_catalog.num_nulls({}) = 1", column)
                                                     : fmt::format("{} IS NULL", column);
    conditions_ += fmt::format("{}{}", conditions_.empty() ? "" : " AND ", null);
  } else if (engine_ == "sqlite") {
    add(fmt::format("{} COLLATE BINARY = ?", column), value);
    // 2 and 2.0 are equal, and may stand in rows that are otherwise alike.
    if (std::holds_alternative<std::int64_t>(value)) conditions_ += fmt::format(" AND typeof({}) = 'integer'", column);
    if (std::holds_alternative<double>(value)) conditions_ += fmt::format(" AND typeof({}) = 'real'", column);
  } else if (engine_ == "postgresql") {
    add(fmt::format("pg_catalog.format('%s', {}) = pg_catalog.format('%s', CAST(? AS {}))", column, type), value);
  } else if (std::holds_alternative<std::string>(value)) {
    add(fmt::format("CAST(CONVERT({} USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY)", column),
        value);
  } else {
    add(fmt::format("{} = ?", column), value);
  }
}

std::string RowCondition::text(bool has_key) const {
  if (has_key && !has_null_key_) return conditions_;
  if (engine_ == "sqlite")
    return fmt::format("{0} = (SELECT {0} FROM {1} WHERE {2} LIMIT 1)", row_name_, table_, conditions_);
  if (engine_ == "postgresql") return fmt::format("ctid = (SELECT ctid FROM {} WHERE {} LIMIT 1)", table_, conditions_);
  return conditions_ + " LIMIT 1";
}

}  // namespace target

#include "target/sqlite_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "base/text.hpp"
#include "target/connection.hpp"

namespace target {
namespace {

constexpr char k_key_of_rowid = 'r';
constexpr std::uint64_t k_sign = std::uint64_t{1} << 63U;

[[noreturn]] void fail(sqlite3* database, int code) {
  if (cause_of(code) == core::Cause::timeout)
    throw SqlError(core::Cause::timeout, "what the script changed could not be read in the time that is left");
  throw SqlError(cause_of(code), base::cap(sqlite3_errmsg(database), std::size_t{4} << 10U));
}

bool equal_names(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && sqlite3_strnicmp(left.data(), right.data(), static_cast<int>(left.size())) == 0;
}

// SQLite's rules for the affinity of a declared type.
bool is_real_type(std::string_view declared) {
  std::string type(declared);
  for (char& letter : type)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - ('a' - 'A'));
  const auto has = [&type](const char* part) { return type.find(part) != std::string::npos; };
  if (has("INT") || has("CHAR") || has("CLOB") || has("TEXT") || has("BLOB")) return false;
  return has("REAL") || has("FLOA") || has("DOUB");
}

enum Hidden : std::uint8_t { no, of_virtual_table, generated_virtual, generated_stored };

struct Declared {
  std::vector<bool> real;  // of all columns of the table
  bool has_virtual_before_stored = false;
};

Declared read_columns(sqlite3* database, SqliteTable& table) {
  Declared declared;
  std::vector<std::pair<std::int64_t, std::size_t>> key;
  bool had_virtual = false;
  SqliteQuestion ask(database,
                     "SELECT name, type, pk, hidden, dflt_value FROM pragma_table_xinfo(?, 'main') ORDER BY cid");
  ask.with(table.name);
  while (ask.next()) {
    const int number = static_cast<int>(declared.real.size());
    declared.real.push_back(is_real_type(ask.text(1)));
    if (ask.number(3) == Hidden::generated_virtual || ask.number(3) == Hidden::of_virtual_table) {
      had_virtual = true;
      continue;
    }
    declared.has_virtual_before_stored = declared.has_virtual_before_stored || had_virtual;
    if (ask.number(2) > 0) key.emplace_back(ask.number(2), table.columns.size());
    const std::string otherwise = ask.text(4);
    SqliteColumn column;
    column.name = ask.text(0);
    column.number = number;
    column.stored = static_cast<int>(table.columns.size());
    column.is_real = declared.real.back();
    column.has_default = !otherwise.empty() && !equal_names(otherwise, "null");
    table.columns.push_back(std::move(column));
  }
  std::sort(key.begin(), key.end());
  for (const auto& [order, column] : key) table.key.push_back(column);
  return declared;
}

// The index of a primary key tells whether the table has rowids: it ends with that, or has all columns of the table.
void read_key_index(sqlite3* database, SqliteTable& table, const Declared& declared) {
  SqliteQuestion index(database, "SELECT name FROM pragma_index_list(?, 'main') WHERE origin = 'pk'");
  index.with(table.name);
  if (!index.next()) {
    table.key_is_rowid = !table.key.empty();
    return;
  }
  const std::string name = index.text(0);
  SqliteQuestion ask(database, "SELECT cid, coll, key FROM pragma_index_xinfo(?, 'main') ORDER BY seqno");
  ask.with(name);
  bool has_rowid = false;
  for (std::size_t place = 0; ask.next(); ++place) {
    const std::int64_t number = ask.number(0);
    has_rowid = has_rowid || number < 0;
    for (SqliteColumn& column : table.columns) {
      if (column.number != number) continue;
      if (ask.number(2) != 0) column.collation = ask.text(1);
      column.misread = place < declared.real.size() && declared.real[place] && !column.is_real;
    }
  }
  table.without_rowid = !has_rowid;
  if (has_rowid)
    for (SqliteColumn& column : table.columns) column.misread = false;
}

bool is_shadow(sqlite3* database, const std::string& name) {
  SqliteQuestion any(database,
                     "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE 'create virtual%' AND "
                     "substr(?, 1, length(name) + 1) = name || '_' COLLATE NOCASE");
  if (!any.with(name).next()) return false;
  SqliteQuestion type(database, "SELECT 1 FROM pragma_table_list(?) WHERE schema = 'main' AND type = 'shadow'");
  return type.with(name).next();
}

std::string free_rowid_name(const SqliteTable& table) {
  if (table.key_is_rowid) return quoted(table.columns[table.key.front()].name);
  for (const char* name : {"rowid", "_rowid_", "oid"})
    if (std::none_of(table.columns.begin(), table.columns.end(),
                     [name](const SqliteColumn& column) { return equal_names(column.name, name); }))
      return name;
  return {};
}

std::string head(const SqliteTable& table) {
  std::string sql = "SELECT " + (table.without_rowid || table.rowid.empty() ? std::string("NULL") : table.rowid);
  for (const SqliteColumn& column : table.columns) sql += ", " + quoted(column.name);
  return sql + " FROM main." + quoted(table.name);
}

}  // namespace

SqliteQuestion::SqliteQuestion(sqlite3* database, const std::string& sql)
    : database_(database), statement_(nullptr, &sqlite3_finalize) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.c_str(), static_cast<int>(sql.size() + 1), 0, &raw, nullptr);
  statement_.reset(raw);
  if (code != SQLITE_OK) fail(database, code);
}

SqliteQuestion& SqliteQuestion::with(const core::ValueView& value) {
  if (bind(statement_.get(), ++bound_, value, Bytes::are_copied) == SQLITE_NOMEM) fail(database_, SQLITE_NOMEM);
  return *this;
}

SqliteQuestion& SqliteQuestion::with(const std::string& text) {
  return with(core::ValueView(std::string_view(text)));
}

SqliteQuestion& SqliteQuestion::with(std::int64_t number) {
  return with(core::ValueView(number));
}

bool SqliteQuestion::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) fail(database_, code);
  return false;
}

void SqliteQuestion::again() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
}

std::string SqliteQuestion::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t SqliteQuestion::number(int column) const noexcept {
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<SqliteTable> look_at_table(sqlite3* database, const std::string& name) {
  SqliteTable table;
  table.name = name;
  const Declared declared = read_columns(database, table);
  if (table.columns.empty()) return std::nullopt;
  read_key_index(database, table, declared);
  table.rowid = free_rowid_name(table);
  table.direct = table.without_rowid ? std::none_of(table.columns.begin(), table.columns.end(),
                                                    [](const SqliteColumn& column) { return column.misread; })
                                     : !declared.has_virtual_before_stored;
  if (is_shadow(database, name))
    table.gap = "a virtual table keeps its rows in it";
  else if (!table.without_rowid && table.rowid.empty())
    table.gap = "its columns hide the rowid in all its names";
  return table;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char letter : name) {
    out += letter;
    if (letter == '"') out += letter;
  }
  return out += '"';
}

std::string rows_by_rowid(const SqliteTable& table) {
  return head(table) + fmt::format(" NOT INDEXED WHERE {0} BETWEEN ?1 AND ?2 ORDER BY {0}", table.rowid);
}

std::string row_by_key(const SqliteTable& table) {
  std::string sql = head(table);
  for (std::size_t at = 0; at < table.key.size(); ++at) {
    const SqliteColumn& column = table.columns[table.key[at]];
    sql += fmt::format("{} {} = ?{} COLLATE {}", at == 0 ? " WHERE" : " AND", quoted(column.name), at + 1,
                       quoted(column.collation.empty() ? "BINARY" : column.collation));
  }
  return sql;
}

std::string all_rows(const SqliteTable& table) {
  return head(table);
}

// Most significant byte first, negative numbers before the others.
void put_rowid(std::string& key, std::int64_t rowid) {
  std::uint64_t number = static_cast<std::uint64_t>(rowid) ^ k_sign;
  std::array<char, 1 + sizeof number> bytes{k_key_of_rowid};
  for (std::size_t at = bytes.size(); at-- > 1; number >>= 8U) bytes[at] = static_cast<char>(number & 0xFFU);
  key.append(bytes.data(), bytes.size());
}

std::optional<std::int64_t> rowid_in(std::string_view key) noexcept {
  if (key.empty() || key.front() != k_key_of_rowid) return std::nullopt;
  std::uint64_t number = 0;
  for (const char byte : key.substr(1)) number = (number << 8U) | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(number ^ k_sign);
}

core::ValueView key_value(const core::ValueView& value) noexcept {
  const auto* real = std::get_if<double>(&value);
  constexpr double k_limit = 9223372036854775808.0;  // 2^63
  if (real == nullptr || !(*real >= -k_limit && *real < k_limit) || std::trunc(*real) != *real) return value;
  return static_cast<std::int64_t>(*real);
}

}  // namespace target

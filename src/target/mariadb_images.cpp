#include "target/mariadb_images.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "core/wire.hpp"
#include "target/mariadb_changes.hpp"
#include "target/restoring_sql.hpp"

namespace target {
namespace {

using Kind = MariaForm::Kind;
using Reading = MariaStatement::Reading;

constexpr std::uint64_t k_smallest_record = 40;  // bytes that the log takes for a row
constexpr std::size_t k_read_at_once = 100;      // rows, by their keys

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  return out;
}

}  // namespace

void MariaImages::begin(const std::string& database, Dialect dialect) {
  database_ = database;
  dialect_ = dialect;
  log_.start_anew();
  tables_.clear();
  doubt_.clear();
  functions_.clear();
  last_sql_.clear();
  form_ = {};
  selected_.reset();
}

// --- tables --------------------------------------------------------------------------------------------------------

MariaImages::Name MariaImages::name_of(const MariaForm& form) const {
  return {form.schema.empty() ? database_ : form.schema, form.table};
}

void MariaImages::give_up(Table& table, std::string_view gap) {
  if (table.gap.empty()) table.gap = gap;
  log_.give_up(table.log, gap);
}

MariaImages::Table& MariaImages::table_of(const Name& name) {
  if (const auto known = tables_.find(name); known != tables_.end()) return known->second;
  Table& table = tables_[name];
  describe(name, table);
  return table;
}

std::string MariaImages::look_at(const Name& name, Table& table) {
  const std::string schema = maria_literal(name.first), own = maria_literal(name.second);
  const auto facts = link_.ask(
      fmt::format("SELECT TABLE_TYPE = 'BASE TABLE' AND ENGINE = 'InnoDB', coalesce(AVG_ROW_LENGTH, 0), TABLE_SCHEMA, "
                  "TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                  schema, own));
  if (facts.empty() || facts[0].at(0) != "1") return "it is no ordinary table of InnoDB";
  if (facts[0].at(2) != name.first || facts[0].at(3) != name.second) return "its name was written in several ways";
  std::uint64_t average = 0;
  const std::string length = facts[0].at(1).value_or("0");
  std::from_chars(length.data(), length.data() + length.size(), average);
  table.most_rows = 2 * images_ / std::max(average, k_smallest_record) + 1;
  static constexpr std::array<std::string_view, 12> k_key_types = {"tinyint",   "smallint", "mediumint", "int",
                                                                   "bigint",    "char",     "varchar",   "binary",
                                                                   "varbinary", "date",     "datetime",  "year"};
  bool is_sure = true;
  for (const MariaLink::Texts& row :
       link_.ask(fmt::format("SELECT COLUMN_NAME, COLUMN_KEY = 'PRI', DATA_TYPE, EXTRA LIKE '%on update%' FROM "
                             "information_schema.COLUMNS WHERE "
                             "TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
                             schema, own))) {
    table.columns.push_back(row.at(0).value_or(""));
    const std::string type = row.at(2).value_or("");
    if (type == "float") is_sure = false;
    if (row.at(1) != "1") continue;
    table.key_at.push_back(table.columns.size() - 1);
    table.key.push_back(table.columns.back());
    if (!contains(k_key_types, type) || row.at(3) == "1") is_sure = false;
  }
  if (table.key.empty()) return "it has no primary key";
  return is_sure ? std::string() : "it has FLOAT columns, or a key of a type that cannot be asked for exactly";
}

void MariaImages::describe(const Name& name, Table& table) {
  table.name = fmt::format("{}.{}", quoted("mariadb", name.first), quoted("mariadb", name.second));
  const std::string gap = look_at(name, table);
  core::TableChanges said;
  said.table = name.first == database_ ? name.second : name.first + "." + name.second;
  said.columns = table.columns;
  said.key = table.key;
  table.log = log_.add(std::move(said));
  if (!gap.empty()) give_up(table, gap);
}

// --- statements ----------------------------------------------------------------------------------------------------

std::string MariaImages::key_in(const Table& table, const core::Row& row) const {
  core::Writer key;
  for (const std::size_t at : table.key_at) key.put(core::view(row.at(at)));
  return key.bytes();
}

// false: what it says of the rows cannot be had.
bool MariaImages::select_before(Table& table, const MariaForm& form, const core::Values& parameters) {
  if (form.placeholders_before > parameters.size()) return false;
  std::string columns;
  for (const std::string& column : table.columns) columns += (columns.empty() ? "" : ", ") + quoted("mariadb", column);
  const core::Values rest(parameters.begin() + static_cast<std::ptrdiff_t>(form.placeholders_before), parameters.end());
  try {
    MariaStatement statement(link_, fmt::format("SELECT {} FROM {} {} LIMIT {} FOR UPDATE", columns, form.from,
                                                form.where, table.most_rows));
    const std::uint64_t rows = statement.execute(rest, Reading::stored);
    if (rows == table.most_rows) give_up(table, log_.too_much());
    core::Writer packed;
    for (; statement.next(packed); packed.clear()) {
      core::Reader in(packed.bytes());
      if (log_.touch(table.log, key_in(table, in.row()))) log_.was(table.log, packed.bytes());
    }
    selected_ = rows;
    return true;
  } catch (const MariaError& error) {
    link_.look();
    if (error.cause() != core::Cause::error || !link_.in_transaction()) throw;
    return false;  // the statement itself will say it
  }
}

// A function of the database may do anything; one of the server's own does not.
void MariaImages::look_at(const std::string& sql) {
  form_ = form_of(sql, dialect_);
  last_sql_ = sql;
  if (form_.calls) doubt_ = "a procedure was called, and what it changes nobody can see";
  for (const std::string& name : form_.unknown) {
    if (!doubt_.empty() || !functions_.insert(name).second) continue;
    const auto found =
        link_.ask("SELECT 1 FROM information_schema.ROUTINES WHERE ROUTINE_NAME = " + maria_literal(name) + " LIMIT 1");
    if (!found.empty()) doubt_ = "what " + name + "() changes nobody can see";
  }
}

std::string MariaImages::before(const std::string& sql, const core::Values& parameters) {
  selected_.reset();
  if (sql != last_sql_) look_at(sql);
  if (form_.kind == Kind::other) return sql;
  Table& table = table_of(name_of(form_));
  if (!table.gap.empty() || log_.is_given_up(table.log)) return sql;
  if (form_.kind == Kind::inserts) {
    std::string key;
    for (const std::string& column : table.columns) key += (key.empty() ? "" : ", ") + quoted("mariadb", column);
    return sql + "\nRETURNING " + key;
  }
  const bool moves = std::any_of(table.key.begin(), table.key.end(), [&](const std::string& column) {
    return std::find(form_.sets.begin(), form_.sets.end(), lower(column)) != form_.sets.end();
  });
  if (moves)
    give_up(table, "its key was changed (UPDATE of a primary key)");
  else
    select_before(table, form_, parameters);
  return sql;
}

void MariaImages::after(std::uint64_t rows, MariaStatement* asked) {
  if (form_.kind == Kind::other) return;
  Table& table = table_of(name_of(form_));
  if (!table.gap.empty() || log_.is_given_up(table.log)) return;
  if (asked == nullptr) {
    if (!selected_ || *selected_ != rows) give_up(table, "which rows a statement changed was not certain");
    return;
  }
  core::Writer packed;
  for (; asked->next(packed); packed.clear()) {
    core::Reader in(packed.bytes());
    if (log_.touch(table.log, key_in(table, in.row()))) log_.was(table.log, std::nullopt);
  }
}

void MariaImages::give_up(const std::string& schema, const std::string& name, std::string_view why) {
  if (name.empty())
    doubt_ = why;
  else
    give_up(table_of({schema.empty() ? database_ : schema, name}), why);
}

// --- the end -------------------------------------------------------------------------------------------------------

std::string MariaImages::gap_of(const std::string& schema, const std::string& name) const {
  if (!doubt_.empty()) return doubt_;
  const auto known = tables_.find({schema, name});
  if (known == tables_.end()) return "a statement changed it that is not read for rows";
  if (!known->second.gap.empty()) return known->second.gap;
  return log_.is_given_up(known->second.log) ? log_.too_much() : std::string();
}

// By their keys, some at a time; those that are not found are gone.
void MariaImages::read_now(const Table& table, ChangeLog::Netting& now) {
  const NotedRows& noted = log_.rows(table.log);
  std::string columns, key, places;
  for (const std::string& column : table.columns) columns += (columns.empty() ? "" : ", ") + quoted("mariadb", column);
  for (const std::string& column : table.key) {
    key += (key.empty() ? "" : " AND ") + quoted("mariadb", column) + " = ?";
  }
  for (std::size_t from = 0; from < noted.size(); from += k_read_at_once) {
    const std::size_t end = std::min(noted.size(), from + k_read_at_once);
    std::vector<core::Value> values;
    std::string where;
    for (std::size_t row = from; row < end; ++row) {
      core::Reader in(noted.key(row));
      for (std::size_t part = 0; part < table.key.size(); ++part) values.push_back(in.value());
      where += fmt::format("{}({})", where.empty() ? "" : " OR ", key);
    }
    core::Values parameters;
    for (const core::Value& value : values) parameters.push_back(core::view(value));
    MariaStatement statement(link_, fmt::format("SELECT {} FROM {} WHERE {}", columns, table.name, where));
    statement.execute(parameters, Reading::stored);
    core::Writer packed;
    for (; statement.next(packed); packed.clear()) {
      core::Reader in(packed.bytes());
      if (const auto row = noted.find(key_in(table, in.row()))) now.is_now(*row, packed.bytes());
    }
  }
}

core::Changes MariaImages::tell(const Connection::TellRow& tell) {
  if (!doubt_.empty()) return {};
  std::vector<const Table*> by_log(log_.size(), nullptr);
  for (const auto& [name, table] : tables_) by_log[table.log] = &table;
  return log_.net(
      [&](ChangeLog::Table at, ChangeLog::Netting& now) {
        if (by_log[at] != nullptr && !log_.is_given_up(at)) read_now(*by_log[at], now);
      },
      tell);
}

}  // namespace target

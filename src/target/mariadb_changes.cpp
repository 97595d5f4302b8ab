#include "target/mariadb_changes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>

#include "base/text.hpp"

namespace target {
namespace {

constexpr std::size_t k_most_tables = 1'000, k_most_statements = 200;
constexpr std::size_t k_longest_statement = std::size_t{8} << 10U, k_longest_name = 100;

bool is_any(const SqlToken& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.is_word(word); });
}

std::size_t skip(const std::vector<SqlToken>& tokens, std::size_t at, std::initializer_list<std::string_view> words) {
  while (at < tokens.size() && is_any(tokens[at], words)) ++at;
  return at;
}

}  // namespace

std::size_t temporary_table_at(const std::vector<SqlToken>& tokens) {
  if (tokens.empty() || !tokens[0].is_word("create")) return 0;
  std::size_t at = skip(tokens, 1, {"or", "replace"});
  if (at + 1 >= tokens.size() || !tokens[at].is_word("temporary") || !tokens[at + 1].is_word("table")) return 0;
  return skip(tokens, at + 2, {"if", "not", "exists"});
}

void MariaChanges::watch(std::uint64_t images) {
  images_.keep(images);
  is_on_ = true;
}

void MariaChanges::begin(const std::string& database, Dialect dialect) {
  database_ = database;
  dialect_ = dialect;
  last_sql_.clear();
  tables_.clear();
  temporary_.clear();
  schema_.clear();
  images_.begin(database, dialect);
}

// --- while a script works ------------------------------------------------------------------------------------------

// Only a statement about one table names it where nothing else can be meant.
MariaChanges::Written MariaChanges::written_by(const std::vector<SqlToken>& tokens) {
  if (tokens.empty()) return {};
  Written written;
  std::size_t at = skip(tokens, 1, {"low_priority", "delayed", "high_priority", "quick", "ignore"});
  if (is_any(tokens[0], {"insert", "replace"})) {
    at = skip(tokens, at, {"into"});
    written.kind = tokens[0].is_word("replace") ? Kind::replaced : Kind::inserted;
    for (std::size_t next = at; next + 2 < tokens.size(); ++next)
      if (tokens[next].is_word("on") && tokens[next + 1].is_word("duplicate")) written.kind = Kind::replaced;
  } else if (tokens[0].is_word("update")) {
    written.kind = Kind::updated;
  } else if (tokens[0].is_word("delete")) {
    written.kind = Kind::deleted;
    if (at >= tokens.size() || !tokens[at].is_word("from")) return written;  // DELETE a, b FROM …
    ++at;
  } else {
    return written;
  }
  const SqlName name = name_at(tokens, at);
  at = name.end;
  if (written.kind == Kind::updated) {  // [[AS] alias] SET
    at = skip(tokens, at, {"as"});
    if (at < tokens.size() && !tokens[at].is_word("set")) ++at;
    if (at >= tokens.size() || !tokens[at].is_word("set")) return written;
  }
  const bool behind_several = written.kind == Kind::deleted && at < tokens.size() &&
                              (tokens[at].is_sign(',') || tokens[at].is_sign('.') || tokens[at].is_word("using"));
  if (behind_several) return written;
  written.schema = name.schema;
  written.table = name.name;
  return written;
}

MariaChanges::Table& MariaChanges::table_of(const Written& written) {
  const std::string& schema = written.table.empty() || !written.schema.empty() ? written.schema : database_;
  const auto known = std::find_if(tables_.begin(), tables_.end(), [&](const Table& table) {
    return table.schema == schema && table.name == written.table;
  });
  if (known != tables_.end()) return *known;
  if (tables_.size() == k_most_tables) return table_of({});
  Table& table = tables_.emplace_back();
  table.schema = schema;
  table.name = written.table;
  table.said.net = false;
  return table;
}

void MariaChanges::note_schema(const std::vector<SqlToken>& tokens, const std::string& sql) {
  using Change = core::SchemaChange::Kind;
  if (tokens.empty() || !is_any(tokens[0], {"create", "alter", "drop", "rename", "truncate"})) return;
  if (const std::size_t at = temporary_table_at(tokens); at != 0) {
    temporary_.insert(name_at(tokens, at).name);
    return;
  }
  if (tokens.size() > 1 && tokens[1].is_word("temporary")) return;
  if (schema_.size() > k_most_statements) return;
  if (schema_.size() == k_most_statements) {
    schema_.push_back({Change::altered, "statement", "further statements", {}, {}});
    return;
  }
  const Change kind = tokens[0].is_word("create") ? Change::created
                      : tokens[0].is_word("drop") ? Change::dropped
                                                  : Change::altered;
  const std::string said = base::cap(base::trim(sql), k_longest_statement);
  schema_.push_back({kind, "statement", base::cap(base::first_line(said), k_longest_name), {}, said});
}

void MariaChanges::note(const std::string& sql, std::uint64_t rows, bool is_seen) {
  if (!is_on_) return;
  if (sql != last_sql_) {
    const std::vector<SqlToken> tokens = tokens_of(sql, dialect_);
    last_ = written_by(tokens);
    last_sql_ = sql;
    note_schema(tokens, sql);
  }
  if (images_.is_on() && !is_seen) images_.see(sql);
  if (rows == 0 && images_.is_on() && last_.kind != Kind::other && !last_.table.empty())
    table_of(last_);  // INSERT IGNORE lets triggers do their work and then inserts nothing
  if (rows == 0) return;
  if (images_.is_on() && !(is_seen && images_.is_read()))
    images_.give_up(last_.schema, last_.table, "a statement changed it that is not read for rows");
  core::TableChanges& said = table_of(last_).said;
  switch (last_.kind) {
    case Kind::inserted:
      said.inserted += rows;
      break;
    case Kind::deleted:
      said.deleted += rows;
      break;
    case Kind::replaced:
      said.inserted += rows;
      said.gap = "REPLACE and ON DUPLICATE KEY UPDATE: a row that was there already counts as two";
      break;
    case Kind::updated:
    case Kind::other:
      said.updated += rows;
      break;
  }
}

// --- at the end ----------------------------------------------------------------------------------------------------

std::string MariaChanges::gap(const Table& table) const {
  return images_.is_on() ? images_.gap_of(table.schema, table.name) : "no rows are kept ([run] images = 0)";
}

bool MariaChanges::describe(Table& table) {
  if (table.name.empty()) {
    table.said.gap = "statements about several tables, or procedures: which rows are whose they do not say";
    return true;
  }
  if (table.schema == database_ && temporary_.contains(table.name)) return false;
  const std::string schema = maria_literal(table.schema), name = maria_literal(table.name);
  for (const MariaLink::Texts& row :
       link_.ask(fmt::format("SELECT COLUMN_NAME, COLUMN_KEY = 'PRI', TABLE_NAME FROM information_schema.COLUMNS WHERE "
                             "TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
                             schema, name))) {
    table.said.columns.push_back(row.at(0).value_or(""));
    if (row.at(1) == "1") table.said.key.push_back(table.said.columns.back());
    table.said.table = row.at(2).value_or("");
  }
  if (table.said.table.empty()) table.said.table = table.name;  // it may not be seen, or is gone
  if (table.schema != database_) table.said.table = table.schema + "." + table.said.table;
  const auto writers = link_.ask(fmt::format(
      "SELECT EXISTS (SELECT 1 FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = {0} AND "
      "EVENT_OBJECT_TABLE = {1}) OR EXISTS (SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "
      "UNIQUE_CONSTRAINT_SCHEMA = {0} AND REFERENCED_TABLE_NAME = {1} AND (UPDATE_RULE IN ('CASCADE', 'SET NULL') OR "
      "DELETE_RULE IN ('CASCADE', 'SET NULL')))",
      schema, name));
  table.acts = writers.at(0).at(0) == "1";
  if (table.acts) table.said.gap = "what its triggers or foreign keys changed as well is not counted";
  return true;
}

core::Changes MariaChanges::tell(const Connection::TellRow& tell) {
  std::vector<core::TableChanges> counted;
  for (Table& table : tables_) {
    table.lasts = describe(table);
    if (!table.said.gap.empty() && !table.name.empty()) images_.give_up(table.schema, table.name, table.said.gap);
    if (table.acts) images_.give_up("", "", "triggers or foreign keys of another table may have changed it as well");
  }
  for (Table& table : tables_) {
    if (table.said.gap.empty()) table.said.gap = gap(table);
    if (!table.lasts && !table.name.empty()) images_.give_up(table.schema, table.name, "it is temporary");
    const bool counts = table.said.inserted + table.said.updated + table.said.deleted > 0;
    if (counts && table.lasts && !table.said.gap.empty()) counted.push_back(std::move(table.said));
  }
  core::Changes changes = images_.tell(tell);
  for (core::TableChanges& said : counted) changes.tables.push_back(std::move(said));
  changes.schema = std::move(schema_);
  begin(database_, dialect_);
  return changes;
}

}  // namespace target

#include "support/random_sqlite.hpp"

#include <SQLiteCpp/Database.h>
#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "core/wire.hpp"

namespace support {
namespace {

using Kind = core::RowChange::Kind;

const std::vector<std::string> k_types = {"INTEGER", "TEXT", "REAL", "BLOB", "NUMERIC", "", "DOUBLE"};
const std::vector<std::string> k_values = {"0",
                                           "1",
                                           "2",
                                           "3",
                                           "4",
                                           "5",
                                           "2.0",
                                           "3.0",
                                           "0.5",
                                           "'a'",
                                           "'A'",
                                           "'b'",
                                           "'B'",
                                           "'5'",
                                           "NULL",
                                           "x'61'",
                                           "x''",
                                           "''",
                                           "-0.25",
                                           "1e300",
                                           "'ab '",
                                           "-1.0",
                                           "9007199254740993",
                                           "'a' || char(0) || 'b'",
                                           "char(0)"};
const std::vector<std::string> k_keys = {"0",   "1",   "2",   "3",   "4",    "5",     "6",   "'a'",
                                         "'A'", "'b'", "'B'", "2.0", "NULL", "x'61'", "1.5", "9007199254740993"};

std::string value(Dice& dice) {
  return dice.any(dice.one_in(3) ? k_keys : k_values);
}

Table random_table(Dice& dice, std::size_t number, const std::vector<Table>& earlier) {
  Table made;
  made.name = fmt::format("t{}", number);
  std::vector<std::string> parts;
  const auto add_virtual = [&] { parts.push_back(fmt::format("v{} AS (length(c0)) VIRTUAL", parts.size())); };
  if (dice.one_in(5)) add_virtual();
  const std::size_t kind = dice.below(7);
  const std::string collation = dice.one_in(3) ? " COLLATE NOCASE" : "";
  std::string behind, ending;
  const auto key = [&](const std::string& name, const std::string& rest) {
    parts.push_back(fmt::format("{} {}", name, rest));
    made.columns.push_back(name);
    made.given.push_back(name);
  };
  const auto more_columns = [&](std::size_t from, std::size_t count) {
    for (std::size_t at = from; at < from + count; ++at) {
      const std::string name = fmt::format("c{}", at);
      std::string part = name + " " + dice.any(k_types);
      if (dice.one_in(6)) part += " UNIQUE";
      if (dice.one_in(6)) part += " DEFAULT 'd'";
      if (dice.one_in(8)) part += " NOT NULL ON CONFLICT REPLACE DEFAULT 7";
      made.columns.push_back(name);
      made.given.push_back(name);
      parts.push_back(part);
    }
  };
  if (kind >= 3 && dice.one_in(2)) more_columns(5, 1 + dice.below(2));  // before the key
  if (dice.one_in(6)) add_virtual();
  switch (kind) {
    case 0:
      key("id", "INTEGER PRIMARY KEY");
      made.key = {"id"};
      break;
    case 1:
      key("id", "INTEGER PRIMARY KEY AUTOINCREMENT");
      made.key = {"id"};
      break;
    case 2:
      break;
    case 3:
      key("id", fmt::format("{}{} PRIMARY KEY", dice.any(k_types) + "", collation));
      made.key = {"id"};
      if (parts.back().starts_with("id INTEGER PRIMARY")) parts.back() = "id INT PRIMARY KEY";
      break;
    case 4:
      key("a", dice.any(k_types) + collation);
      key("b", dice.any(k_types));
      behind = dice.one_in(2) ? "PRIMARY KEY (b, a)" : "PRIMARY KEY (a, b COLLATE NOCASE)";
      made.key = {"a", "b"};
      break;
    default:
      key("a", dice.any(k_types) + collation);
      if (dice.one_in(2)) key("b", dice.any(k_types));
      behind = made.given.back() == "b" ? "PRIMARY KEY (b, a DESC)" : "PRIMARY KEY (a)";
      made.key = made.given.back() == "b" ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"a"};
      ending = " WITHOUT ROWID";
  }
  more_columns(0, 1 + dice.below(3));
  if (dice.one_in(4)) {
    parts.push_back("s AS (coalesce(c0, 'none') || 's') STORED");
    made.columns.push_back("s");
  }
  if (dice.one_in(4)) add_virtual();
  if (!earlier.empty() && dice.one_in(3)) {
    const Table& parent = earlier.front();
    if (parent.key.size() == 1) {
      const std::string action = dice.any(std::vector<std::string>{"CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION"});
      parts.push_back(fmt::format("p REFERENCES {0}({1}) ON DELETE {2} ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
                                  parent.name, parent.key[0], action));
      made.columns.push_back("p");
      made.given.push_back("p");
    }
  }
  if (!behind.empty()) parts.push_back(behind);
  made.sql = fmt::format("CREATE TABLE {} ({}){}", made.name, fmt::join(parts, ", "), ending);
  return made;
}

std::string condition(Dice& dice, const Table& table) {
  const std::string& column = dice.any(table.given);
  if (dice.one_in(4)) return fmt::format("{} IS NOT NULL", column);
  return fmt::format("{} {} {}", column, dice.any(std::vector<std::string>{"=", "<", ">", "IS"}), value(dice));
}

std::string random_insertion(Dice& dice, const Table& table, const std::string& verb) {
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < 1 + dice.below(4); ++row) {
    std::vector<std::string> values;
    for (std::size_t column = 0; column < table.given.size(); ++column) values.push_back(value(dice));
    rows.push_back(fmt::format("({})", fmt::join(values, ", ")));
  }
  return fmt::format("{} INTO {} ({}) VALUES {}", verb, table.name, fmt::join(table.given, ", "),
                     fmt::join(rows, ", "));
}

std::string assignment(Dice& dice, const Table& table) {
  const std::string& column = dice.any(table.given);
  if (dice.one_in(3)) return fmt::format("{0} = {0} + 1", column);
  if (dice.one_in(4)) return fmt::format("{0} = upper({0})", column);
  return fmt::format("{} = {}", column, value(dice));
}

std::string trigger(Dice& dice, const std::vector<Table>& tables, std::size_t number) {
  const Table& on = dice.any(tables);
  const std::string event = dice.any(std::vector<std::string>{"INSERT", "UPDATE", "DELETE"});
  const std::string when = dice.any(std::vector<std::string>{"AFTER", "BEFORE"});
  return fmt::format("CREATE TRIGGER g{} {} {} ON {} BEGIN {}; END", number, when, event, on.name,
                     random_statement(dice, tables));
}

std::vector<std::string> rows_of(target::Connection& connection, const Table& table) {
  std::vector<std::string> rows;
  const auto cursor =
      connection.query(fmt::format("SELECT {} FROM {}", fmt::join(table.columns, ", "), table.name), {});
  for (core::Writer row; cursor->next(row); row.clear()) rows.push_back(row.bytes());
  std::sort(rows.begin(), rows.end());
  return rows;
}

core::Row unpacked(std::string_view packed) {
  if (packed.empty()) return {};
  core::Reader in(packed);
  core::Row row = in.row();
  REQUIRE(in.complete());
  return row;
}

// Empty: a part of it is NULL, so that it tells nothing apart.
std::string key_of(const Table& table, std::string_view packed) {
  const core::Row row = unpacked(packed);
  core::Writer key;
  for (const std::string& name : table.key) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin();
    core::Value part = row.at(static_cast<std::size_t>(at));
    if (std::holds_alternative<core::Null>(part)) return {};
    const auto* real = std::get_if<double>(&part);
    if (real != nullptr && *real > -1e18 && *real < 1e18 &&
        static_cast<double>(static_cast<std::int64_t>(*real)) == *real)
      part = static_cast<std::int64_t>(*real);
    key.put(part);
  }
  return key.bytes();
}

// What is told, taken back from the dump behind, must give the dump before.
void check_inverse(const std::vector<Told>& told, const std::vector<std::string>& before,
                   const std::vector<std::string>& after) {
  std::multiset<std::string> rows(after.begin(), after.end());
  for (const Told& each : told) {
    CHECK((each.kind == Kind::deleted) == each.after.empty());
    CHECK((each.kind == Kind::inserted) == each.before.empty());
    CHECK(each.before != each.after);
    if (each.after.empty()) continue;
    const auto found = rows.find(each.after);
    REQUIRE(found != rows.end());
    rows.erase(found);
  }
  for (const Told& each : told)
    if (!each.before.empty()) rows.insert(each.before);
  CHECK(std::vector<std::string>(rows.begin(), rows.end()) == before);
}

std::multiset<std::string> difference_by_key(const Table& table, const std::vector<std::string>& before,
                                             const std::vector<std::string>& after) {
  std::map<std::string, std::pair<std::string, std::string>> rows;
  for (const std::string& row : before)
    if (const std::string key = key_of(table, row); !key.empty()) rows[key].first = row;
  for (const std::string& row : after)
    if (const std::string key = key_of(table, row); !key.empty()) rows[key].second = row;
  std::multiset<std::string> changes;
  for (const auto& [key, row] : rows)
    if (row.first != row.second)
      changes.insert(row.first.empty() ? "inserted" + row.second
                                       : (row.second.empty() ? "deleted" : "updated" + row.second) + row.first);
  return changes;
}

}  // namespace

std::string random_statement(Dice& dice, const std::vector<Table>& tables) {
  const Table& table = dice.any(tables);
  static const std::vector<std::string> k_or = {"", "", " OR REPLACE", " OR IGNORE", " OR FAIL"};
  switch (dice.below(9)) {
    case 0:
    case 1:
    case 2:
      return random_insertion(dice, table, "INSERT" + dice.any(k_or));
    case 3:
      return random_insertion(dice, table, "INSERT") + " ON CONFLICT DO UPDATE SET " + assignment(dice, table);
    case 4:
    case 5:
      return fmt::format("UPDATE{} {} SET {} WHERE {}", dice.any(k_or), table.name, assignment(dice, table),
                         condition(dice, table));
    case 6:
      return fmt::format("UPDATE{} {} SET {}, {}", dice.any(k_or), table.name, assignment(dice, table),
                         assignment(dice, table));
    case 7:
      return fmt::format("DELETE FROM {} WHERE {}", table.name, condition(dice, table));
    default:
      if (dice.one_in(3)) return "DELETE FROM " + table.name;
      return fmt::format("INSERT{0} INTO {1} ({2}) SELECT {2} FROM {1} LIMIT 5", dice.any(k_or), table.name,
                         fmt::join(table.given, ", "));
  }
}

RandomDatabase random_database(Dice& dice, const std::string& path) {
  RandomDatabase made;
  std::vector<Table>& tables = made.tables;
  for (std::size_t number = 0, many = 1 + dice.below(3); number < many; ++number)
    tables.push_back(random_table(dice, number, tables));
  std::vector<std::string> setup;
  for (const Table& each : tables) setup.push_back(each.sql);
  for (std::size_t at = 0; at < 8; ++at) setup.push_back(random_insertion(dice, dice.any(tables), "INSERT OR IGNORE"));
  if (dice.one_in(3)) {
    Table& grown = tables[dice.below(tables.size())];
    setup.push_back(fmt::format("ALTER TABLE {} ADD COLUMN z {} DEFAULT 4", grown.name, dice.any(k_types)));
    grown.columns.push_back("z");
    grown.given.push_back("z");
    setup.push_back(random_insertion(dice, grown, "INSERT OR IGNORE"));
  }
  for (std::size_t at = dice.one_in(2) ? dice.below(3) : 0; at > 0; --at) setup.push_back(trigger(dice, tables, at));
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY");
  for (const std::string& sql : setup)
    if (database.tryExec(sql) == 0) made.statements.push_back(sql);
  return made;
}

Dump dump(target::Connection& connection, const std::vector<Table>& tables) {
  Dump all;
  for (const Table& each : tables) all[each.name] = rows_of(connection, each);
  return all;
}

void check_table(const Table& table, const Account& account, const std::vector<std::string>& before,
                 const std::vector<std::string>& after) {
  const auto& all = account.changes.tables;
  const auto said = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.table == table.name; });
  if (said == all.end()) {
    CHECK(before == after);
    return;
  }
  // Of a table without rowids where the place of a key column in the key is that of a REAL column in the table.
  if (said->gap == "SQLite does not tell large numbers of its key exactly") {
    CHECK(table.sql.find("WITHOUT ROWID") != std::string::npos);
    CHECK(!said->net);
    return;
  }
  CHECK(said->net);
  CHECK(said->gap == "");
  CHECK(said->columns == table.columns);
  CHECK(std::set(said->key.begin(), said->key.end()) == std::set(table.key.begin(), table.key.end()));
  const std::vector<Told>& told = account.rows.at(table.name);
  const auto count = [&told](Kind kind) {
    return static_cast<std::uint64_t>(
        std::count_if(told.begin(), told.end(), [kind](const Told& each) { return each.kind == kind; }));
  };
  CHECK(said->inserted == count(Kind::inserted));
  CHECK(said->updated == count(Kind::updated));
  CHECK(said->deleted == count(Kind::deleted));
  check_inverse(told, before, after);
  if (table.key.empty()) return;
  std::multiset<std::string> by_key;
  for (const Told& each : told) {
    const std::string& shown = each.before.empty() ? each.after : each.before;
    if (key_of(table, shown).empty()) continue;
    by_key.insert(std::string(core::name(each.kind)) + each.after + each.before);
  }
  CHECK(by_key == difference_by_key(table, before, after));
}

}  // namespace support

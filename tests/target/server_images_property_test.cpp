// The whole circle on PostgreSQL and MariaDB: random tables, random scripts; what is told of the changes against what
// really changed, by dumps of all tables before and behind; then the rows are put back, and everything is as it was.
// FETTLE_CHANGES_CASES and FETTLE_CHANGES_SEED try more, and others; the last one is a new one each time.
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/changes.hpp"
#include "core/page_message.hpp"
#include "core/wire.hpp"
#include "support/mariadb_server.hpp"
#include "support/postgresql_server.hpp"
#include "target/mariadb.hpp"
#include "target/postgresql.hpp"
#include "target/restoring.hpp"
#include "target/sqlite_fixture.hpp"

namespace {

using Kind = core::RowChange::Kind;
using support::MariadbServer;
using support::PostgresqlServer;

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* given = std::getenv(variable);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most - 1)(engine_); }
  bool one_in(std::size_t many) { return below(many) == 0; }
  template <class List>
  const auto& any(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 engine_;
};

struct Type {
  std::string name;
  std::vector<std::string> values;  // literals
  bool adds = false;                // + 1
};

const std::vector<Type> k_postgresql_types = {
    {"int", {"0", "1", "2", "3", "-4", "NULL"}, true},
    {"bigint", {"9007199254740993", "1", "2", "NULL"}, true},
    {"smallint", {"1", "2", "3"}, true},
    {"numeric", {"1", "1.0", "1.00", "0.1", "12345678901234567890.123456789", "'NaN'", "NULL"}, true},
    {"numeric(8,2)", {"1.5", "-0.25", "2", "NULL"}, true},
    {"text", {"'a'", "'A'", "''", "'ab '", "'<x>&amp;'", "E'\\r\\n\\t\\x01'", "'NULL'", "'{\"q\\,}'", "'é'", "NULL"}},
    {"varchar(20)", {"'a'", "'b'", "'it''s'", "NULL"}},
    {"char(5)", {"'a'", "'ab'", "'abcde'", "''", "NULL"}},
    {"bool", {"true", "false", "NULL"}},
    {"double precision", {"0.1", "1e300", "-0.0", "'NaN'", "'Infinity'", "3", "NULL"}, true},
    {"real", {"0.1", "16777217", "1e-30", "NULL"}, true},
    {"bytea", {"'\\x00ff61'", "''", "'\\x5c'", "NULL"}},
    {"timestamp", {"'2024-01-02 03:04:05.678901'", "'infinity'", "'0044-03-15 BC'", "NULL"}},
    {"timestamptz", {"'2024-01-02 03:04:05+02'", "'1900-01-01 00:00:00+00:19:32'", "NULL"}},
    {"date", {"'2024-02-29'", "'-infinity'", "NULL"}},
    {"interval", {"'1 day 02:03'", "'-1 mon'", "NULL"}},
    {"json", {"'{\"a\": 1, \"a\": 2}'", "'[1,  2]'", "NULL"}},
    {"jsonb", {"'{\"b\": [1, null]}'", "'\"x\"'", "NULL"}},
    {"uuid", {"'7b0a2b5c-0000-4000-8000-000000000001'", "NULL"}},
    {"int[]", {"'{1,NULL,3}'", "'{}'", "NULL"}},
    {"text[]", {"'{\"a,b\",NULL,\"NULL\"}'", "NULL"}},
    {"inet", {"'10.0.0.1'", "'10.0.0.0/8'", "NULL"}},
    {"mood", {"'good'", "'so so'", "NULL"}},
    {"pair", {"'(1,x)'", "'(,)'", "NULL"}},
};

const std::vector<Type> k_mariadb_types = {
    {"int", {"0", "1", "2", "3", "-4", "NULL"}, true},
    {"bigint unsigned", {"18446744073709551615", "1", "2", "NULL"}},
    {"decimal(20,4)", {"1", "1.5", "-0.25", "NULL"}, true},
    {"double", {"0.1", "1e300", "-3", "NULL"}, true},
    {"varchar(20)", {"'a'", "'A'", "'it''s'", "'ab '", "NULL"}},
    {"text", {"'a\\\\b'", "'\\r\\n'", "'\xc3\xa9'", "NULL"}},
    {"char(5)", {"'a'", "'abcde'", "NULL"}},
    {"blob", {"x'00ff61'", "''", "x'5c'", "NULL"}},
    {"boolean", {"true", "false", "NULL"}},
    {"datetime(6)", {"'2024-01-02 03:04:05.678901'", "'1000-01-01'", "NULL"}},
    {"date", {"'2024-02-29'", "NULL"}},
    {"time", {"'-12:00:01'", "'100:00:00'", "NULL"}},
    {"json", {"'{\"a\": 1}'", "'[1,  2]'", "NULL"}},
    {"enum('x','y')", {"'x'", "'y'", "NULL"}},
    {"bit(9)", {"b'101'", "b'111111111'", "NULL"}},
};

struct Table {
  std::string name;
  std::vector<std::string> columns;                 // all
  std::vector<std::pair<std::string, Type>> given;  // that a script may give
  std::vector<std::string> key;
  std::string parent;  // that it refers to
  std::string sql;
};

struct Dialect {
  std::string name;
  const std::vector<Type>* types;
  std::string ending;  // of CREATE TABLE
  bool is_postgresql() const { return name == "postgresql"; }
};

Table table(Dice& dice, const Dialect& dialect, std::size_t number, const std::vector<Table>& earlier) {
  Table made;
  made.name = number == 2 ? "odd Name?" : fmt::format("t{}", number);
  std::vector<std::string> parts;
  const Type whole = {"int", {"1", "2", "3", "4", "5", "6", "7", "8"}, true};
  const auto add = [&](const std::string& name, const Type& type, const std::string& rest) {
    parts.push_back(fmt::format("{} {}{}", name, type.name, rest));
    made.columns.push_back(name);
    made.given.emplace_back(name, type);
  };
  const std::size_t kind = dice.below(6);
  switch (kind) {
    case 0:
    case 1:
      add("id", whole, " PRIMARY KEY");
      made.key = {"id"};
      break;
    case 2:
      add("a", whole, "");
      add("b", {dialect.is_postgresql() ? "text" : "varchar(20)", {"'x'", "'y'", "'Y'"}, false}, "");
      parts.push_back("PRIMARY KEY (b, a)");
      made.key = {"a", "b"};
      break;
    case 3:
      break;
    case 4:
      parts.push_back(dialect.is_postgresql() ? "id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
                                              : "id int AUTO_INCREMENT PRIMARY KEY");
      made.columns.push_back("id");
      made.key = {"id"};
      break;
    default:
      add("k",
          dialect.is_postgresql()
              ? dice.any(std::vector<Type>{{"numeric", {"1", "1.0", "2", "3.5"}, true},
                                           {"real", {"0.1", "0.2", "3"}, true},
                                           {"uuid", {"'7b0a2b5c-0000-4000-8000-000000000001'", "gen_random_uuid()"}},
                                           {"timestamptz", {"'2024-01-02 03:04:05+02'", "now()"}}})
              : dice.any(std::vector<Type>{{"decimal(8,2)", {"1", "1.5", "2"}, true},
                                           {"varbinary(8)", {"x'00ff'", "'a'", "''"}},
                                           {"datetime(3)", {"'2024-01-02 03:04:05.5'", "'2024-01-03'"}}}),
          " PRIMARY KEY");
      made.key = {"k"};
  }
  for (std::size_t at = 0, many = 1 + dice.below(3); at < many; ++at) {
    const Type& type = dice.any(*dialect.types);
    add(fmt::format("c{}", at), type,
        type.name == "int" && dice.one_in(5) ? " UNIQUE" : (dice.one_in(8) ? " DEFAULT NULL" : ""));
  }
  if (dice.one_in(4) && (dialect.is_postgresql() || made.given[0].second.name == "int")) {
    parts.push_back(dialect.is_postgresql() ? "s text GENERATED ALWAYS AS (coalesce(" + made.given[0].first +
                                                  " IS NULL, true)::text || 's') STORED"
                                            : "s bigint AS (" + made.given[0].first + " * 2) STORED");
    made.columns.push_back("s");
  }
  if (!earlier.empty() && earlier.front().key == std::vector<std::string>{"id"} && dice.one_in(3)) {
    made.parent = earlier.front().name;
    parts.push_back("p int");
    parts.push_back(
        fmt::format("FOREIGN KEY (p) REFERENCES {}(id) ON DELETE {} ON UPDATE CASCADE", made.parent,
                    dice.any(dialect.is_postgresql() ? std::vector<std::string>{"CASCADE", "SET NULL", "NO ACTION"}
                                                     : std::vector<std::string>{"NO ACTION"})));
    made.columns.push_back("p");
    made.given.emplace_back("p", Type{"int", {"1", "2", "3", "NULL"}, false});
  }
  made.name = dialect.is_postgresql() ? "\"" + made.name + "\"" : "`" + made.name + "`";
  made.sql = fmt::format("CREATE TABLE {} ({}){}", made.name, fmt::join(parts, ", "), dialect.ending);
  return made;
}

std::string bare(const std::string& name) {
  return name.substr(1, name.size() - 2);
}

std::string condition(Dice& dice, const Table& table) {
  const auto& [column, type] = dice.any(table.given);
  if (dice.one_in(3)) return column + " IS NOT NULL";
  if (type.name.find("json") != std::string::npos || type.name == "pair") return column + " IS NULL";
  const std::string& value = dice.any(type.values);
  if (value == "NULL") return column + " IS NULL";
  return fmt::format("{} {} {}", column, dice.any(std::vector<std::string>{"=", "<", ">", "<>"}), value);
}

std::string names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& each : table.given) names.push_back(each.first);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string insertion(Dice& dice, const Table& table, std::size_t most = 4) {
  std::vector<std::string> rows;
  for (std::size_t row = 0, many = 1 + dice.below(most); row < many; ++row) {
    std::vector<std::string> values;
    for (const auto& each : table.given) values.push_back(dice.any(each.second.values));
    rows.push_back(fmt::format("({})", fmt::join(values, ", ")));
  }
  return fmt::format("INSERT INTO {} ({}) VALUES {}", table.name, names_of(table), fmt::join(rows, ", "));
}

std::string assignment(Dice& dice, const Table& table) {
  const auto& [column, type] = dice.any(table.given);
  if (type.adds && dice.one_in(2)) return fmt::format("{0} = {0} + 1", column);
  return fmt::format("{} = {}", column, dice.any(type.values));
}

std::string postgresql_statement(Dice& dice, const std::vector<Table>& tables) {
  const Table& table = dice.any(tables);
  const std::string names = names_of(table);
  switch (dice.below(14)) {
    case 0:
    case 1:
    case 2:
      return insertion(dice, table);
    case 3:
      return insertion(dice, table) + " ON CONFLICT DO NOTHING";
    case 4:
      if (table.key.size() == 1)
        return fmt::format("{} ON CONFLICT ({}) DO UPDATE SET {}", insertion(dice, table, 1), table.key[0],
                           fmt::format("{0} = excluded.{0}", table.given.back().first));
      return insertion(dice, table, 1);
    case 5:
    case 6:
    case 7:
      return fmt::format("UPDATE {} SET {} WHERE {}", table.name, assignment(dice, table), condition(dice, table));
    case 8:
      return fmt::format("UPDATE {} AS x SET {}", table.name, assignment(dice, table));
    case 9:
      return fmt::format("DELETE FROM {} WHERE {}", table.name, condition(dice, table));
    case 10:
      return fmt::format(
          "WITH gone AS (DELETE FROM {0} WHERE {2} RETURNING *) INSERT INTO {0} ({1}) SELECT {1} FROM gone", table.name,
          names, condition(dice, table));
    case 11:
      return fmt::format("DO $$ BEGIN UPDATE {0} SET {1}; DELETE FROM {0} WHERE {2}; END $$", table.name,
                         assignment(dice, table), condition(dice, table));
    case 12:
      return fmt::format("SELECT * FROM {} FOR UPDATE", table.name);
    default:
      if (dice.one_in(3)) return "DELETE FROM " + table.name;
      return fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {0} LIMIT 5", table.name, names);
  }
}

std::string mariadb_statement(Dice& dice, const std::vector<Table>& tables) {
  const Table& table = dice.any(tables);
  const std::string names = names_of(table);
  switch (dice.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return insertion(dice, table, 3) + dice.any(std::vector<std::string>{"", " -- more", " /* x */"});
    case 4:
    case 5:
    case 6:
      return fmt::format("UPDATE {} SET {} WHERE {}", table.name, assignment(dice, table), condition(dice, table));
    case 7:
      return fmt::format("UPDATE {} AS x SET x.{} # all", table.name, assignment(dice, table));
    case 8:
    case 9:
      return fmt::format("DELETE FROM {} WHERE {}", table.name, condition(dice, table));
    case 10:
      if (dice.one_in(4)) return fmt::format("UPDATE {} SET {} LIMIT 1", table.name, assignment(dice, table));
      if (dice.one_in(4)) return "REPLACE" + insertion(dice, table).substr(6);
      return "DELETE FROM " + table.name;
    default:
      return fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {0}", table.name, names);
  }
}

using Dump = std::map<std::string, std::vector<std::string>>;  // packed rows, sorted

Dump dump(target::Connection& connection, const std::vector<Table>& tables) {
  Dump all;
  for (const Table& each : tables) {
    std::vector<std::string>& rows = all[each.name];
    const auto cursor =
        connection.query(fmt::format("SELECT {} FROM {}", fmt::join(each.columns, ", "), each.name), {});
    for (core::Writer row; cursor->next(row); row.clear()) rows.push_back(row.bytes());
    std::sort(rows.begin(), rows.end());
  }
  return all;
}

struct Told {
  core::Changes changes;
  std::vector<core::RowChange> rows;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> packed;  // before and after, by table
};

core::Row unpacked(std::string_view packed) {
  if (packed.empty()) return {};
  core::Reader in(packed);
  core::Row row = in.row();
  REQUIRE(in.complete());
  return row;
}

Told told_by(target::Connection& connection) {
  Told told;
  std::vector<std::pair<std::string, std::string>> packed;
  told.changes = connection.changes([&](const target::PackedChange& change) {
    told.rows.push_back({change.kind, change.table, unpacked(change.before), unpacked(change.after)});
    packed.emplace_back(change.before, change.after);
    return true;
  });
  for (std::size_t at = 0; at < told.rows.size(); ++at)
    told.packed[told.changes.tables.at(told.rows[at].table).table].push_back(packed[at]);
  return told;
}

// What is told, taken back from the dump behind, must give the dump before; and no row counts that stays as it is.
void check_table(const Table& table, const Told& told, const core::TableChanges& said,
                 const std::vector<std::string>& before, const std::vector<std::string>& after) {
  CHECK(said.columns == table.columns);
  CHECK(std::set(said.key.begin(), said.key.end()) == std::set(table.key.begin(), table.key.end()));
  std::multiset<std::string> rows(after.begin(), after.end()), was, is;
  std::uint64_t inserted = 0, deleted = 0;
  const auto found = told.packed.find(said.table);
  REQUIRE(found != told.packed.end());
  for (const auto& [old_row, new_row] : found->second) {
    CHECK(old_row != new_row);
    inserted += old_row.empty() ? 1 : 0;
    deleted += new_row.empty() ? 1 : 0;
    if (!old_row.empty()) was.insert(old_row);
    if (new_row.empty()) continue;
    is.insert(new_row);
    const auto here = rows.find(new_row);
    REQUIRE(here != rows.end());
    rows.erase(here);
  }
  for (const std::string& row : was) rows.insert(row);
  CHECK(std::vector<std::string>(rows.begin(), rows.end()) == before);
  if (table.key.empty())  // nothing that is told both ways
    for (const std::string& row : is) CHECK(was.count(row) == 0);
  CHECK(said.inserted == inserted);
  CHECK(said.deleted == deleted);
  CHECK(said.updated == found->second.size() - inserted - deleted);
}

struct Tally {
  std::uint64_t cases = 0, changed = 0, gaps = 0, undone = 0, refused = 0;
};

// One server, one connection, one database whose tables are made anew for each case.
struct Place {
  Dialect dialect;
  std::function<std::unique_ptr<target::Connection>()> open;
  std::function<void(const std::string& sql)> outside;
  std::unique_ptr<target::Connection> connection;
  std::int64_t attempt = 0;
  Tally tally;

  void begin(target::Connection& at, bool restores = false) {
    target::Beginning how(core::Access::write, os::in(std::chrono::seconds(60)), "001.lua", "version", "node");
    how.restores = restores;
    at.begin(how);
    at.find_receipt("001.lua", "version");
  }
  void commit(target::Connection& at) {
    at.leave_receipt({"001.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", ++attempt, 1});
    at.commit();
  }
};

struct Script {
  std::vector<std::string> statements;
  bool failed = false;  // a statement did, and was undone alone
};

// Each behind a savepoint, as in a script that catches errors within batch{}.
Script disturb(Dice& dice, target::Connection& connection, const Dialect& dialect, const std::vector<Table>& tables,
               const std::function<std::string(Dice&, const std::vector<Table>&)>& statement) {
  Script script;
  bool is_set = false;
  for (std::size_t at = 1 + dice.below(8); at > 0; --at) {
    script.statements.push_back(statement(dice, tables));
    std::string& sql = script.statements.back();
    if (dialect.is_postgresql()) connection.pages().savepoint(core::Savepoint::What::set, is_set);
    is_set = true;
    try {
      connection.execute(sql, {});
    } catch (const target::SqlError& error) {
      sql += fmt::format(" /* {} */", error.what());
      script.failed = true;
      REQUIRE(connection.in_transaction());
      if (dialect.is_postgresql()) connection.pages().savepoint(core::Savepoint::What::roll_back, true);
      is_set = !dialect.is_postgresql();
    }
  }
  return script;
}

bool check_told(const Told& told, const Script& script, const std::vector<Table>& tables, const Dump& before,
                const Dump& after, const std::function<bool(const std::string& gap)>& may_have, Tally& tally) {
  bool complete = true;
  std::set<std::string> names;
  for (const core::TableChanges& said : told.changes.tables) CHECK(names.insert(said.table).second);  // each once
  for (const Table& each : tables) {
    CAPTURE(each.name);
    const auto said = std::find_if(told.changes.tables.begin(), told.changes.tables.end(),
                                   [&](const auto& one) { return one.table == bare(each.name); });
    if (said == told.changes.tables.end()) {
      // MariaDB does not tell what a cascade wrote; but the table that it came from says so.
      const bool may_cascade =
          std::any_of(told.changes.tables.begin(), told.changes.tables.end(), [&](const auto& one) {
            return one.gap.starts_with("what its triggers or foreign keys") && may_have(one.gap);
          });
      if (!may_cascade) CHECK(before.at(each.name) == after.at(each.name));
      if (may_cascade) complete = false;
      continue;
    }
    ++tally.changed;
    if (!said->gap.empty()) {
      CAPTURE(said->gap);
      CHECK(may_have(said->gap));
      CHECK_FALSE(said->net);
      ++tally.gaps;
      complete = false;
      continue;
    }
    CHECK(said->net);
    check_table(each, told, *said, before.at(each.name), after.at(each.name));
  }
  static_cast<void>(script);
  return complete;
}

void undo(Place& place, const Told& told, const std::vector<Table>& tables, const Dump& before, bool may_refuse) {
  target::Connection& at = *place.connection;
  place.begin(at, true);
  core::Restored restored;
  try {
    target::Restoring restoring(at, told.changes.tables);
    for (std::size_t row = told.rows.size(); row > 0; --row) restoring.add(told.rows[row - 1]);
    restored = restoring.finish();
  } catch (const target::SqlError& error) {
    const std::string said = error.what();
    CAPTURE(said);
    CHECK(may_refuse);
    ++place.tally.refused;
    at.rollback();
    return;
  }
  std::string why;
  for (const core::Conflict& conflict : restored.told) why += conflict.why + "; ";
  CAPTURE(why);
  CHECK(restored.conflicts == 0);
  CHECK(dump(at, tables) == before);
  ++place.tally.undone;
  place.commit(at);
}

}  // namespace

namespace {

struct Circle {
  std::vector<Table> tables;
  std::vector<std::string> setup;
  bool has_triggers = false;
  std::string text(const Script& script) const {
    return fmt::format("{};\n-- script\n{};", fmt::join(setup, ";\n"), fmt::join(script.statements, ";\n"));
  }
};

Circle postgresql_circle(Dice& dice, const Dialect& dialect) {
  Circle circle;
  circle.setup = {"DROP SCHEMA public CASCADE", "CREATE SCHEMA public AUTHORIZATION fettle", "SET ROLE fettle",
                  "CREATE TYPE mood AS ENUM ('good', 'so so')", "CREATE TYPE pair AS (a int, b text)"};
  for (std::size_t number = 0, many = 1 + dice.below(3); number < many; ++number)
    circle.tables.push_back(table(dice, dialect, number, circle.tables));
  for (const Table& each : circle.tables) circle.setup.push_back(each.sql);
  for (std::size_t at = 0; at < 8; ++at)
    circle.setup.push_back(insertion(dice, dice.any(circle.tables), 3) + " ON CONFLICT DO NOTHING");
  if (dice.one_in(4)) {
    const Table& on = dice.any(circle.tables);
    const Table& other = circle.tables.front();
    circle.setup.push_back(fmt::format(
        "CREATE FUNCTION acts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF pg_trigger_depth() < 2 THEN "
        "UPDATE {} SET {}; END IF; RETURN coalesce(new, old); END $$",
        other.name, assignment(dice, other)));
    circle.setup.push_back(fmt::format("CREATE TRIGGER acts AFTER {} ON {} FOR EACH ROW EXECUTE FUNCTION acts()",
                                       dice.any(std::vector<std::string>{"INSERT", "UPDATE", "DELETE"}), on.name));
    circle.has_triggers = true;
  }
  return circle;
}

// A foreign key may stop an insertion of the setup; it is left out then, alone.
std::string setup_script(const std::vector<std::string>& setup) {
  std::string sql;
  for (const std::string& each : setup)
    sql += each.starts_with("INSERT")
               ? fmt::format("DO $setup$ BEGIN {}; EXCEPTION WHEN OTHERS THEN NULL; END $setup$;\n", each)
               : each + ";\n";
  return sql;
}

void try_postgresql(Place& place, std::uint64_t seed) {
  Dice dice(seed);
  const Circle circle = postgresql_circle(dice, place.dialect);
  place.outside(setup_script(circle.setup));
  target::Connection& at = *place.connection;
  CAPTURE(seed);
  ++place.tally.cases;
  if (dice.one_in(4)) {  // two scripts in a preview first, the second on what the first left
    const auto previewing = place.open();
    previewing->preview();
    for (int script = 0; script < 2; ++script) {
      place.begin(*previewing);
      const Dump before = dump(*previewing, circle.tables);
      const Script done = disturb(dice, *previewing, place.dialect, circle.tables, postgresql_statement);
      CAPTURE(circle.text(done));
      const Dump after = dump(*previewing, circle.tables);
      const Told told = told_by(*previewing);  // which leaves another search path
      check_told(
          told, done, circle.tables, before, after,
          [&](const std::string& gap) { return done.failed && gap.find("not certain") != std::string::npos; },
          place.tally);
      place.commit(*previewing);
    }
  }
  place.begin(at);
  const Dump before = dump(at, circle.tables);
  const Script done = disturb(dice, at, place.dialect, circle.tables, postgresql_statement);
  CAPTURE(circle.text(done));
  const Dump after = dump(at, circle.tables);
  const Told told = told_by(at);
  const bool complete = check_told(
      told, done, circle.tables, before, after,
      [&](const std::string& gap) { return done.failed && gap.find("not certain") != std::string::npos; }, place.tally);
  place.commit(at);
  if (complete) undo(place, told, circle.tables, before, false);
}

}  // namespace

TEST_CASE("postgresql: what is told of any script's changes is what changed, and putting it back gives what was") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const std::string database = server->make_database(), url = server->url(database);
  Place place;
  place.dialect = {"postgresql", &k_postgresql_types, ""};
  place.open = [url] {
    auto connection = target::open_postgresql(std::string_view(url).substr(url.find(':') + 1), {});
    connection->watch_changes(std::uint64_t{16} << 20U);
    return connection;
  };
  place.outside = [server, database](const std::string& sql) { server->ask(database, sql); };
  place.outside("GRANT SET ON PARAMETER session_replication_role TO fettle");
  const std::uint64_t cases = number_of("FETTLE_CHANGES_CASES", 120), first = number_of("FETTLE_CHANGES_SEED", 1);
  for (std::uint64_t seed = first; seed <= first + cases; ++seed) {
    place.connection = place.open();  // the schema that has the receipts is a new one
    try_postgresql(place, seed < first + cases ? seed : std::random_device()());
  }
  place.outside("REVOKE SET ON PARAMETER session_replication_role FROM fettle");
  const Tally& tally = place.tally;
  MESSAGE(fmt::format("{} cases, {} tables changed, {} with a gap, {} undone", tally.cases, tally.changed, tally.gaps,
                      tally.undone));
  CHECK(tally.gaps * 5 <= tally.changed);
}

namespace {

void try_mariadb(Place& place, std::uint64_t seed) {
  Dice dice(seed);
  Circle circle;
  for (std::size_t number = 0, many = 1 + dice.below(3); number < many; ++number)
    circle.tables.push_back(table(dice, place.dialect, number, circle.tables));
  circle.setup = {"SET foreign_key_checks = 0", "DROP TABLE IF EXISTS `t0`, `t1`, `odd Name?`",
                  "SET foreign_key_checks = 1"};
  for (const Table& each : circle.tables) circle.setup.push_back(each.sql);
  for (std::size_t at = 0; at < 8; ++at)
    circle.setup.push_back("INSERT IGNORE" + insertion(dice, dice.any(circle.tables), 3).substr(6));
  place.outside(fmt::format("{};", fmt::join(circle.setup, ";")));
  target::Connection& at = *place.connection;
  CAPTURE(seed);
  ++place.tally.cases;
  place.begin(at);
  const Dump before = dump(at, circle.tables);
  const Script done = disturb(dice, at, place.dialect, circle.tables, mariadb_statement);
  CAPTURE(circle.text(done));
  const Dump after = dump(at, circle.tables);
  const Told told = told_by(at);
  const bool complete = check_told(
      told, done, circle.tables, before, after, [](const std::string& gap) { return !gap.empty(); }, place.tally);
  place.commit(at);
  const bool has_trap =
      std::any_of(circle.tables.begin(), circle.tables.end(), [](const Table& each) { return !each.parent.empty(); });
  if (complete) undo(place, told, circle.tables, before, has_trap);
}

}  // namespace

TEST_CASE("mariadb: what is told of any script's changes is what changed, and putting it back gives what was") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  const std::string database = server->make_database(), url = server->url(database);
  Place place;
  place.dialect = {"mariadb", &k_mariadb_types, " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"};
  place.open = [url] {
    auto connection = target::open_mariadb(std::string_view(url).substr(url.find(':') + 1), {});
    connection->watch_changes(std::uint64_t{16} << 20U);
    return connection;
  };
  place.outside = [server, database](const std::string& sql) { server->ask(sql, database); };
  place.connection = place.open();
  const std::uint64_t cases = number_of("FETTLE_CHANGES_CASES", 120), first = number_of("FETTLE_CHANGES_SEED", 1);
  for (std::uint64_t seed = first; seed <= first + cases; ++seed)
    try_mariadb(place, seed < first + cases ? seed : std::random_device()());
  const Tally& tally = place.tally;
  MESSAGE(fmt::format("{} cases, {} tables changed, {} with a gap, {} undone, {} refused", tally.cases, tally.changed,
                      tally.gaps, tally.undone, tally.refused));
  CHECK(tally.undone * 3 > tally.cases);
}

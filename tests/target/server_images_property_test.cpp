// The whole circle on PostgreSQL and MariaDB: random tables, random scripts; what is told of the changes against what
// really changed, by dumps of all tables before and behind; then the rows are put back, and everything is as it was.
// FETTLE_CHANGES_CASES and FETTLE_CHANGES_SEED try more, and others; the last one is a new one each time.
#include <algorithm>
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
#include "support/random_scripts.hpp"
#include "target/mariadb.hpp"
#include "target/postgresql.hpp"
#include "target/restoring.hpp"
#include "target/sqlite_fixture.hpp"

namespace {

using Kind = core::RowChange::Kind;
using support::MariadbServer;
using support::PostgresqlServer;

using Circle = support::RandomTables;
using Table = support::RandomTable;
using support::Dialect;
using support::Dice;
using support::number_of;

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
  Dialect dialect = support::postgresql_dialect();
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
Script disturb(Dice& dice, target::Connection& connection, const Dialect& dialect, const std::vector<Table>& tables) {
  Script script;
  bool is_set = false;
  for (std::size_t at = 1 + dice.below(8); at > 0; --at) {
    script.statements.push_back(dialect.statement(dice, tables));
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
                                   [&](const auto& one) { return one.table == each.bare_name(); });
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

std::string text_of(const Circle& circle, const Script& script) {
  return fmt::format("{};\n-- script\n{};", fmt::join(circle.setup, ";\n"), fmt::join(script.statements, ";\n"));
}

void try_postgresql(Place& place, std::uint64_t seed) {
  Dice dice(seed);
  const Circle circle = place.dialect.tables(dice);
  place.outside(place.dialect.script(circle.setup));
  target::Connection& at = *place.connection;
  CAPTURE(seed);
  ++place.tally.cases;
  if (dice.one_in(4)) {  // two scripts in a preview first, the second on what the first left
    const auto previewing = place.open();
    previewing->preview();
    for (int script = 0; script < 2; ++script) {
      place.begin(*previewing);
      const Dump before = dump(*previewing, circle.tables);
      const Script done = disturb(dice, *previewing, place.dialect, circle.tables);
      CAPTURE(text_of(circle, done));
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
  const Script done = disturb(dice, at, place.dialect, circle.tables);
  CAPTURE(text_of(circle, done));
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
  place.dialect = support::postgresql_dialect();
  place.open = [url] {
    auto connection = target::open_postgresql(std::string_view(url).substr(url.find(':') + 1), {});
    connection->watch_changes(std::uint64_t{16} << 20U);
    return connection;
  };
  place.outside = [server, database](const std::string& sql) { server->ask(database, sql); };
  place.outside("GRANT SET ON PARAMETER session_replication_role TO fettle");
  server->let_vacuum(false);
  const std::uint64_t cases = number_of("FETTLE_CHANGES_CASES", 120), first = number_of("FETTLE_CHANGES_SEED", 1);
  for (std::uint64_t seed = first; seed <= first + cases; ++seed) {
    place.connection = place.open();  // the schema that has the receipts is a new one
    try_postgresql(place, seed < first + cases ? seed : std::random_device()());
  }
  place.outside("REVOKE SET ON PARAMETER session_replication_role FROM fettle");
  server->let_vacuum(true);
  const Tally& tally = place.tally;
  MESSAGE(fmt::format("{} cases, {} tables changed, {} with a gap, {} undone", tally.cases, tally.changed, tally.gaps,
                      tally.undone));
  CHECK(tally.gaps * 5 <= tally.changed);
}

namespace {

void try_mariadb(Place& place, std::uint64_t seed) {
  Dice dice(seed);
  const Circle circle = place.dialect.tables(dice);
  place.outside(place.dialect.script(circle.setup));
  target::Connection& at = *place.connection;
  CAPTURE(seed);
  ++place.tally.cases;
  place.begin(at);
  const Dump before = dump(at, circle.tables);
  const Script done = disturb(dice, at, place.dialect, circle.tables);
  CAPTURE(text_of(circle, done));
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
  place.dialect = support::mariadb_dialect();
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

// The rows that a script changed in PostgreSQL, beside what others do, and where they cannot be told.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <memory>
#include <string>

#include "core/changes.hpp"
#include "support/postgresql_server.hpp"
#include "target/postgresql.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Changes;
using core::TableChanges;
using support::PostgresqlServer;
using support::says;

namespace {

struct Place {
  explicit Place(const std::string& tables, std::uint64_t images = std::uint64_t{1} << 20U)
      : server(PostgresqlServer::shared()) {
    if (server == nullptr) return;
    database = server->make_database();
    outside("set role fettle; " + tables);
    connection = open(images);
  }
  std::unique_ptr<target::Connection> open(std::uint64_t images) const {
    const std::string url = server->url(database);
    auto made = target::open_postgresql(std::string_view(url).substr(url.find(':') + 1), {});
    made->watch_changes(images);
    return made;
  }
  std::string outside(const std::string& sql) const { return server->ask(database, sql); }
  void begin() { connection->begin({Access::write, os::in(std::chrono::seconds(30)), "001.lua", "version", "node"}); }
  void exec(const std::string& sql) { connection->execute(sql, {}); }
  // "t: +1 ~2 -3", or "t: why not".
  std::string tell() {
    std::string all;
    const Changes changes = connection->changes([](const auto&) { return true; });
    for (const TableChanges& table : changes.tables) {
      CHECK(table.net == table.gap.empty());
      all += fmt::format(
          "{}{}: {}", all.empty() ? "" : ", ", table.table,
          table.gap.empty() ? fmt::format("+{} ~{} -{}", table.inserted, table.updated, table.deleted) : table.gap);
    }
    connection->rollback();
    return all;
  }

  PostgresqlServer* server;
  std::string database;
  std::unique_ptr<target::Connection> connection;
};

}  // namespace

TEST_CASE("postgresql: what others commit meanwhile is none of the script's changes, or makes a gap, never a row") {
  Place at("create table t (id int primary key, n int); insert into t select g, 0 from generate_series(1, 10) g");
  if (!at.connection) return;
  at.begin();
  at.exec("update t set n = 1 where id = 1");
  at.outside("update t set n = 7 where id in (5, 6); insert into t values (11, 7); delete from t where id = 7");
  at.exec("delete from t where id = 2");
  CHECK(at.tell() == "t: +0 ~1 -1");

  at.begin();  // somebody else's row is changed before it is the script's turn
  at.outside("update t set n = 8 where id = 3");
  at.exec("update t set n = n + 1 where id = 3");
  CHECK(says(at.tell(), "not certain"));
  at.begin();  // likewise one that came only then
  at.outside("insert into t values (12, 7)");
  at.exec("update t set n = 9 where id = 12");
  CHECK(says(at.tell(), "not certain"));
  at.begin();  // and with a part that was undone beside it, which would make the numbers fit
  at.outside("update t set n = 8 where id = 4");
  at.connection->pages().savepoint(core::Savepoint::What::set, false);
  at.exec("delete from t where id = 5");
  at.connection->pages().savepoint(core::Savepoint::What::roll_back, true);
  at.exec("insert into t values (20, 1)");
  at.exec("update t set n = 9 where id = 4");
  CHECK(says(at.tell(), "not certain"));
}

TEST_CASE("postgresql: rows that are only locked, or come back to what they were, are no changes") {
  Place at("create table t (id int primary key, n int); insert into t select g, 0 from generate_series(1, 10) g");
  if (!at.connection) return;
  at.begin();
  at.exec("select * from t for update");
  at.exec("update t set n = 1");
  at.exec("update t set n = 0 where id > 2");
  at.exec("delete from t where id = 9");
  at.exec("insert into t values (9, 0), (21, 1)");
  at.exec("delete from t where id = 21");
  CHECK(at.tell() == "t: +0 ~2 -0");
}

TEST_CASE("postgresql: where the rows cannot be told, the gap says why") {
  Place at(
      "create table t (id int primary key, n int); insert into t select g, 0 from generate_series(1, 10) g;"
      "create table hidden (id int); insert into hidden values (1), (2); alter table hidden enable row level security;"
      "alter table hidden force row level security; create policy few on hidden using (id = 1) with check (true);"
      "create function empties() returns void language sql as 'truncate t'");
  if (!at.connection) return;
  at.outside("create table secret (id int); grant insert on secret to fettle");
  const auto told = [&](const std::string& sql) {
    at.begin();
    at.exec(sql);
    return at.tell();
  };
  CHECK(says(told("insert into secret values (1)"), "no right to SELECT"));
  CHECK(says(told("update hidden set id = 3"), "row level security"));
  CHECK(says(told("select empties()"), "TRUNCATE"));
  CHECK(says(told("do $$ begin truncate t; insert into t values (1, 1); end $$"), "TRUNCATE"));
  CHECK(says(told("do $$ begin insert into t values (77, 1); alter table t add column more int; end $$"), "columns"));
  CHECK(says(told("do $$ begin delete from t; alter table t alter column n type bigint; end $$"), "written anew"));
  at.begin();
  at.exec("delete from t where id = 1");
  at.exec("close all");
  CHECK(says(at.tell(), "cursor"));
  at.begin();  // one that tells lies
  at.exec("delete from t where id = 1");
  at.exec("close fettle_was");
  at.exec("do $$ begin execute 'declare fettle_was no scroll cursor for select null::xml'; end $$");
  CHECK(says(at.tell(), "cursor"));
  at.connection = at.open(1000);
  CHECK(says(told("update t set n = 5"), "t: +0 ~10 -0"));
  CHECK(says(told("insert into t select g, 0 from generate_series(100, 2000) g"), "more than"));
}

TEST_CASE("postgresql: a script's settings make no difference to how values are kept") {
  Place at("create table t (id int primary key, d date, b bytea, f float8)");
  if (!at.connection) return;
  at.begin();
  for (const char* sql :
       {"set local datestyle = 'SQL, DMY'", "set local bytea_output = 'escape'", "set local extra_float_digits = -10",
        "set local search_path = ''", "insert into public.t values (1, '2024-01-02', '\\x00', 0.1234567890123456)"})
    at.exec(sql);
  core::Row after;
  at.connection->changes([&](const target::PackedChange& change) {
    core::Reader in(change.after);
    after = in.row();
    return true;
  });
  at.connection->rollback();
  CHECK(after ==
        core::Row{std::int64_t{1}, std::string("2024-01-02"), core::Blob{std::string(1, '\0')}, 0.1234567890123456});
}

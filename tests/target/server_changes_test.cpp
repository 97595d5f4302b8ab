// What PostgreSQL and MariaDB tell of a script's changes: rows by table, and the schema.
#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/mariadb_server.hpp"
#include "support/postgresql_server.hpp"
#include "target/mariadb.hpp"
#include "target/postgresql.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Changes;
using core::SchemaChange;
using core::TableChanges;
using support::MariadbServer;
using support::PostgresqlServer;
using support::says;
using support::sql_error;

namespace {

constexpr std::uint64_t k_images = 1 << 20;

struct Watched {
  explicit Watched(PostgresqlServer* its_server, const std::string& tables = "", std::uint64_t images = k_images)
      : postgresql(its_server) {
    if (postgresql == nullptr) return;
    database = postgresql->make_database();
    if (!tables.empty()) postgresql->ask(database, "set role fettle; " + tables);
    const std::string url = postgresql->url(database);
    connection = target::open_postgresql(std::string_view(url).substr(url.find(':') + 1), {});
    connection->watch_changes(images);
  }
  explicit Watched(MariadbServer* its_server, const std::vector<std::string>& tables = {},
                   std::uint64_t images = k_images)
      : mariadb(its_server) {
    if (mariadb == nullptr) return;
    database = mariadb->make_database();
    for (const std::string& table : tables) mariadb->ask(table, database);
    const std::string url = mariadb->url(database);
    connection = target::open_mariadb(std::string_view(url).substr(url.find(':') + 1), {});
    connection->watch_changes(images);
  }

  std::string outside(const std::string& sql) const {
    return postgresql != nullptr ? postgresql->ask(database, sql) : mariadb->ask(sql, database);
  }
  void begin(Access access = Access::write) {
    connection->begin({access, os::in(std::chrono::seconds(30)), "001.lua", "version", "node"});
  }
  std::int64_t exec(const std::string& sql) const { return connection->execute(sql, {}); }
  Changes tell() const {
    return connection->changes([](const auto& /*row*/) { return true; });
  }
  // As the broker ends a script that was executed.
  Changes end() {
    Changes told = tell();
    connection->leave_receipt({"001.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", ++attempt, 1});
    connection->commit();
    return told;
  }
  Changes run(const std::vector<std::string>& statements) {
    begin();
    for (const std::string& sql : statements) exec(sql);
    return end();
  }

  PostgresqlServer* postgresql = nullptr;
  MariadbServer* mariadb = nullptr;
  std::string database;
  std::unique_ptr<target::Connection> connection;
  std::int64_t attempt = 0;
};

// "t 1+2-3": inserted, updated, deleted; of all tables.
std::string counts(const Changes& changes) {
  std::string all;
  for (const TableChanges& table : changes.tables) {
    CHECK(table.net == table.gap.empty());
    all += fmt::format("{}{} +{} ~{} -{}", all.empty() ? "" : ", ", table.table, table.inserted, table.updated,
                       table.deleted);
  }
  return all;
}

std::string schema(const Changes& changes) {
  std::string all;
  for (const SchemaChange& change : changes.schema)
    all += fmt::format("{}{} {} {}", all.empty() ? "" : ", ", core::name(change.kind), change.type, change.name);
  return all;
}

int random_cases(int usual) {
  const char* wanted = std::getenv("FETTLE_CHANGE_CASES");
  return wanted != nullptr ? std::atoi(wanted) : usual;
}

using Expected = std::map<std::string, std::array<std::uint64_t, 3>>;

// Statements at random over two tables, and how many rows each says that it wrote.
Expected disturb(const Watched& at, std::mt19937& chance, bool audited) {
  Expected expected;
  const auto number = [&](int most) { return static_cast<int>(chance() % static_cast<unsigned>(most)); };
  for (int statement = number(8); statement >= 0; --statement) {
    const std::string table = number(2) == 0 ? "a" : "b";
    const int first = number(40);
    const int kind = number(4);
    std::int64_t rows = 0;
    if (kind == 0) {
      rows = at.exec(fmt::format("insert into {0} (n) select n from numbers where n between {1} and {2}", table, first,
                                 first + number(10)));
      expected[table][0] += static_cast<std::uint64_t>(rows);
    } else if (kind == 1) {
      rows = at.exec(fmt::format("update {} set n = n + 1 where n >= {}", table, first));
      expected[table][1] += static_cast<std::uint64_t>(rows);
    } else if (kind == 2) {
      rows = at.exec(fmt::format("delete from {} where n between {} and {}", table, first, first + number(6)));
      expected[table][2] += static_cast<std::uint64_t>(rows);
    } else {
      const std::vector<core::Row> many(static_cast<std::size_t>(1 + number(5)), core::Row{std::int64_t{first}});
      rows = at.connection->execute_many(fmt::format("insert into {} (n) values (?)", table), support::Packed(many));
      expected[table][0] += static_cast<std::uint64_t>(rows);
    }
    if (audited && table == "a") expected["log"][0] += static_cast<std::uint64_t>(rows);
  }
  std::erase_if(expected, [](const auto& each) { return each.second == std::array<std::uint64_t, 3>{}; });
  return expected;
}

Expected told_by(const Changes& changes) {
  Expected told;
  for (const TableChanges& table : changes.tables) {
    CHECK(told.count(table.table) == 0);
    told[table.table] = {table.inserted, table.updated, table.deleted};
  }
  return told;
}

void check_random(Watched& at, bool audited) {
  std::random_device seeds;
  const unsigned seed = seeds();
  CAPTURE(seed);
  std::mt19937 chance(seed);
  for (int round = random_cases(30); round > 0; --round) {
    at.begin();
    const Expected expected = disturb(at, chance, audited);
    const bool kept = chance() % 3 != 0;
    CHECK(told_by(kept ? at.end() : at.tell()) == expected);
    if (!kept) at.connection->rollback();
  }
}

}  // namespace

TEST_CASE("postgresql: rows that were written are counted by table, triggers and cascades included") {
  Watched at(PostgresqlServer::shared(),
             "create table parent (id int primary key, name text);"
             "create table child (id int, parent int references parent on delete cascade, primary key (id, parent));"
             "create schema other; create table other.log (what text);"
             "create function logs() returns trigger language plpgsql as "
             "'begin insert into other.log values (tg_op); return null; end';"
             "create trigger logs after insert or update on parent for each row execute function logs();");
  if (!at.connection) return;
  Changes told = at.run({"insert into parent select n, 'x' from generate_series(1, 10) n",
                         "insert into child select n, n from generate_series(1, 10) n"});
  CHECK(counts(told) == "parent +10 ~0 -0, child +10 ~0 -0, other.log +10 ~0 -0");
  CHECK(told.tables.at(0).columns == std::vector<std::string>{"id", "name"});
  CHECK(told.tables.at(0).key == std::vector<std::string>{"id"});
  CHECK(told.tables.at(1).key == std::vector<std::string>{"id", "parent"});
  CHECK(told.tables.at(2).key.empty());
  told = at.run({"update parent set name = 'y' where id <= 3", "delete from parent where id > 8"});
  CHECK(counts(told) == "parent +0 ~3 -2, child +0 ~0 -2, other.log +3 ~0 -0");
  // Through what shows no table, and with a search path of its own; a temporary table is nobody's.
  told = at.run({"set local search_path = other", "create temporary table mine as select 1 as a",
                 "do $$ begin delete from public.child; end $$"});
  CHECK(counts(told) == "public.child +0 ~0 -8");
  CHECK(counts(at.run({"select 1", "update parent set name = 'z' where id = 77"})) == "");
  at.begin(Access::receipt_only);
  CHECK(at.tell().empty());
  at.connection->rollback();
}

TEST_CASE("postgresql: what a deferred trigger writes at the end is counted as well") {
  Watched at(PostgresqlServer::shared(),
             "create table t (id int primary key); create table log (id int);"
             "create function logs() returns trigger language plpgsql as "
             "'begin insert into log values (new.id); if new.id = 9 then raise ''nine''; end if; return null; end';"
             "create constraint trigger late after insert on t deferrable initially deferred for each row execute "
             "function logs();");
  if (!at.connection) return;
  CHECK(counts(at.run({"insert into t values (1), (2)"})) == "t +2 ~0 -0, log +2 ~0 -0");
  at.begin();
  at.exec("insert into t values (9)");
  CHECK(says(sql_error([&] { at.tell(); }), "nine"));
  at.connection->rollback();
  CHECK(at.outside("select count(*) from t") == "2");
}

TEST_CASE("postgresql: changes of the schema are told by comparing it, with definitions") {
  Watched at(PostgresqlServer::shared(),
             "create table t (id int primary key, old text); create view v as select id from t;"
             "create table gone (a int); insert into t values (1, 'x')");
  if (!at.connection) return;
  Changes told = at.run({"insert into t values (2, 'y')", "alter table t add column name text not null default 'n'",
                         "create index by_name on t (name)", "drop table gone",
                         "create or replace view v as select id from t where id > 1",
                         "create function twice(a int) returns int language sql as 'select 2 * a'",
                         "create type mood as enum ('good', 'bad')", "create schema more",
                         "create table more.made (id int generated always as identity primary key)"});
  CHECK(schema(told) ==
        "altered table t, altered view v, dropped table gone, created index by_name, created table "
        "more.made, created function twice(a integer), created type mood");
  const auto find = [&](const std::string& name) {
    for (const SchemaChange& change : told.schema)
      if (change.name == name) return change;
    return SchemaChange{};
  };
  CHECK(find("t").before ==
        "CREATE TABLE public.t (id integer NOT NULL, old text, CONSTRAINT t_pkey PRIMARY KEY (id))");
  CHECK(find("t").after ==
        "CREATE TABLE public.t (id integer NOT NULL, old text, name text NOT NULL DEFAULT 'n'::text, "
        "CONSTRAINT t_pkey PRIMARY KEY (id))");
  CHECK(find("by_name").after == "CREATE INDEX by_name ON public.t USING btree (name)");
  CHECK(says(find("v").after, "id > 1"));
  CHECK(says(find("gone").before, "CREATE TABLE public.gone"));
  CHECK(find("gone").after.empty());
  CHECK(says(find("more.made").after, "GENERATED ALWAYS AS IDENTITY"));
  told = at.run({"alter table t rename to renamed", "do $$ begin create table hidden (a int); end $$"});
  CHECK(schema(told) == "altered table renamed, altered view v, altered index by_name, created table hidden");
  // Neither a search path of the script nor what stays the same makes a difference.
  CHECK(at.run({"set local search_path = more", "create table public.x (a int)", "drop table public.x"}).empty());
}

TEST_CASE("postgresql: a table that is emptied by TRUNCATE is told with a gap") {
  Watched at(PostgresqlServer::shared(), "create table t (id int); insert into t values (1), (2); create table u ()");
  if (!at.connection) return;
  const Changes told = at.run({"truncate t"});
  REQUIRE(told.tables.size() == 1);
  CHECK(told.tables[0].table == "t");
  CHECK(says(told.tables[0].gap, "TRUNCATE"));
  CHECK(told.schema.empty());
}

TEST_CASE("postgresql: counts are those of the script alone, whatever the connection did before") {
  Watched at(PostgresqlServer::shared(),
             "create table a (n int); create table b (n int); create table log (what text);"
             "create table numbers as select generate_series(1, 60) as n;"
             "create function logs() returns trigger language plpgsql as "
             "'begin insert into log values (tg_op); return null; end';"
             "create trigger logs after insert or update or delete on a for each row execute function logs()",
             0);
  if (!at.connection) return;
  check_random(at, true);
}

TEST_CASE("postgresql: in a preview each script's changes are told apart") {
  Watched at(PostgresqlServer::shared(), "create table t (id int primary key)");
  if (!at.connection) return;
  at.connection->preview();
  CHECK(counts(at.run({"insert into t select generate_series(1, 5)"})) == "t +5 ~0 -0");
  at.begin();
  at.exec("delete from t");
  at.connection->rollback();
  CHECK(counts(at.run({"update t set id = id + 10", "create table u (a int)", "insert into u values (1)"})) ==
        "t +5 ~0 -5, u +1 ~0 -0");  // another key is another row
  CHECK(counts(at.run({"delete from t"})) == "t +0 ~0 -5");
}

TEST_CASE("mariadb: rows that were written are counted by table, as the statements say") {
  Watched at(MariadbServer::shared(),
             {"CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB",
              "CREATE TABLE `odd ``name` (a INT, b INT, PRIMARY KEY (a, b)) ENGINE=InnoDB",
              "CREATE TABLE child (id INT, t INT, FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE) ENGINE=InnoDB",
              "CREATE PROCEDURE fills() BEGIN INSERT INTO child VALUES (1, NULL), (2, NULL); END"});
  if (!at.connection) return;
  Changes told = at.run({"insert into t values (1, 'a'), (2, 'b')", "INSERT IGNORE t (id) VALUES (1), (3)",
                         "update t as x set x.name = 'c' where id < 3", "delete from `odd ``name` where a = 1",
                         "insert into `odd ``name` select id, id from t", "delete low_priority from t where id = 3"});
  CHECK(counts(told) == "t +3 ~2 -1, odd `name +3 ~0 -0");
  CHECK(told.tables.at(0).columns == std::vector<std::string>{"id", "name"});
  CHECK(told.tables.at(1).key == std::vector<std::string>{"a", "b"});
  CHECK(says(told.tables.at(0).gap, "foreign keys"));
  CHECK(says(told.tables.at(1).gap, "of another table"));
  told = at.run({"replace into `odd ``name` values (1, 1), (9, 9)", "call fills()",
                 "update t, child set t.name = 'd', child.id = 5", "create temporary table mine (a int)",
                 "insert into mine values (1)"});
  CHECK(told.tables.size() == 2);
  CHECK(says(told.tables.at(0).gap, "REPLACE"));
  CHECK(told.tables.at(1).table == "");
  CHECK(says(told.tables.at(1).gap, "several tables"));
  CHECK(at.run({"update t set name = 'x' where id = 77"}).empty());
}

TEST_CASE("mariadb: counts are those of the script alone, whatever the connection did before") {
  Watched at(MariadbServer::shared(),
             {"CREATE TABLE a (n INT) ENGINE=InnoDB", "CREATE TABLE b (n INT) ENGINE=InnoDB",
              "CREATE TABLE numbers (n INT) ENGINE=InnoDB", "INSERT INTO numbers SELECT seq FROM seq_1_to_60"});
  if (!at.connection) return;
  check_random(at, false);
}

TEST_CASE("mariadb: what changes the schema is told statement by statement") {
  Watched at(MariadbServer::shared(), {"CREATE TABLE t (id INT) ENGINE=InnoDB"});
  if (!at.connection) return;
  at.begin(Access::piecemeal);
  at.connection->leave_start({"001.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", 1, 1});
  at.exec("alter table t add column name varchar(20)");
  at.exec("create table made (a int)");
  at.exec("insert into made values (1), (2)");
  const Changes told = at.tell();
  at.connection->rollback();
  CHECK(counts(told) == "made +2 ~0 -0");
  CHECK(schema(told) ==
        "altered statement alter table t add column name varchar(20), created statement create table "
        "made (a int)");
  CHECK(told.schema.at(0).after == "alter table t add column name varchar(20)");
}

TEST_CASE("servers: where no images are wanted the gap says so") {
  if (Watched at(PostgresqlServer::shared(), "create table t (id int)", 0); at.connection)
    CHECK(says(at.run({"insert into t values (1)"}).tables.at(0).gap, "images = 0"));
  if (Watched at(MariadbServer::shared(), {"CREATE TABLE t (id INT) ENGINE=InnoDB"}, 0); at.connection)
    CHECK(says(at.run({"insert into t values (1)"}).tables.at(0).gap, "images = 0"));
}

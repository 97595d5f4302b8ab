// Previews on servers, at the connection: what one script leaves for the next, and what nobody is left with.
#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/mariadb_server.hpp"
#include "support/postgresql_server.hpp"
#include "target/mariadb.hpp"
#include "target/postgresql.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using support::MariadbServer;
using support::PostgresqlServer;
using support::says;
using support::sql_error;

namespace {

constexpr const char* k_advisory_locks = "select count(*) from pg_locks where locktype = 'advisory'";

// A database of its own and a connection that previews; absent without a server.
struct Stage {
  // tables: several statements with `;`, made by the administrator for the user of scripts.
  explicit Stage(PostgresqlServer* its_server, const std::string& tables) : postgresql(its_server) {
    if (postgresql == nullptr) return;
    database = postgresql->make_database();
    postgresql->ask(database, "set role fettle; " + tables);
    const std::string url = postgresql->url(database);
    connection = target::open_postgresql(std::string_view(url).substr(url.find(':') + 1), {});
    connection->preview();
  }
  explicit Stage(MariadbServer* its_server, const std::vector<std::string>& tables) : mariadb(its_server) {
    if (mariadb == nullptr) return;
    database = mariadb->make_database();
    for (const std::string& table : tables) mariadb->ask(table, database);
    const std::string url = mariadb->url(database);
    connection = target::open_mariadb(std::string_view(url).substr(url.find(':') + 1), {});
    connection->preview();
  }

  std::string outside(const std::string& sql) const {
    return postgresql != nullptr ? postgresql->ask(database, sql) : mariadb->ask(sql, database);
  }
  void begin(const std::string& script, Access access = Access::write) const {
    connection->begin({access, os::in(std::chrono::seconds(30)), script, "version", "node"});
  }
  void exec(const std::string& sql) const { connection->execute(sql, {}); }
  std::string refusal(const std::string& sql) const {
    return sql_error([&] { connection->execute(sql, {}); });
  }
  std::string value(const std::string& sql) const {
    const auto cursor = connection->query(sql, {});
    core::Writer bytes;
    if (!cursor->next(bytes)) return "no row";
    core::Reader reader(bytes.bytes());
    const core::Value found = reader.row().at(0);
    if (const auto* number = std::get_if<std::int64_t>(&found)) return std::to_string(*number);
    const auto* text = std::get_if<std::string>(&found);
    return text != nullptr ? *text : "null";
  }
  // As the broker ends a script that was executed.
  void keep() const {
    connection->leave_receipt({"a.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", 1, 1});
    connection->commit();
  }
  void run(const std::string& script, const std::vector<std::string>& statements) const {
    begin(script);
    for (const std::string& sql : statements) exec(sql);
    keep();
  }

  PostgresqlServer* postgresql = nullptr;
  MariadbServer* mariadb = nullptr;
  std::string database;
  std::unique_ptr<target::Connection> connection;
};

const std::string k_pg_tables =
    "create table t (id bigint primary key, name text);"
    "create table child (id int primary key, t bigint references t(id) deferrable initially deferred,"
    " n int, constraint n_is_one unique (n) deferrable initially immediate);";

const std::vector<std::string> k_maria_tables = {
    "CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50)) ENGINE=InnoDB"};

// What both engines promise. in_script: how many rows t has for a script, of which one reads it.
void check_that_scripts_follow_each_other(const Stage& at) {
  at.run("001.lua", {"insert into t (id, name) values (1, 'one')"});
  CHECK_FALSE(at.connection->in_transaction());
  at.begin("", Access::read);
  CHECK(at.connection->in_transaction());
  CHECK(at.value("select count(*) from t") == "1");
  CHECK(says(at.refusal("insert into t (id, name) values (9, 'nine')"), "only"));
  at.connection->rollback();
  CHECK_FALSE(at.connection->in_transaction());
  at.begin("002.lua");
  CHECK(at.value("select name from t") == "one");
  at.exec("insert into t (id, name) select id + 1, 'two' from t");
  CHECK(at.connection->rows_changed() == 1);
  at.keep();
  at.begin("003.lua");
  at.exec("delete from t");
  CHECK(at.value("select count(*) from t") == "0");
  at.refusal("this is no statement");
  at.connection->rollback();
  at.begin("004.lua", Access::receipt_only);
  CHECK(at.value("select count(*) from t") == "2");
  CHECK(says(at.refusal("delete from t"), "only"));
  at.connection->rollback();
  at.begin("004.lua", Access::receipt_only);
  CHECK(at.value("select count(*) from t") == "2");
  at.keep();
  at.run("005.lua", {"insert into t (id, name) values (5, 'five')"});
  at.begin("006.lua");
  CHECK(at.value("select count(*) from t") == "3");
  at.connection->rollback();
  CHECK(at.outside("select count(*) from t") == "0");
  CHECK_FALSE(at.connection->lost());
}

}  // namespace

TEST_CASE("postgresql: in a preview each script sees what those before it did, and nothing lasts") {
  Stage at(PostgresqlServer::shared(), k_pg_tables);
  if (!at.connection) return;
  const std::string locks = at.outside(k_advisory_locks);
  check_that_scripts_follow_each_other(at);
  at.connection.reset();
  CHECK(at.outside("select count(*) from t") == "0");
  CHECK(at.outside("select count(*) from pg_class where relname like 'fettle%'") == "0");
  for (int look = 0; look < 100 && at.outside(k_advisory_locks) != locks; ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(at.outside(k_advisory_locks) == locks);
}

TEST_CASE("mariadb: in a preview each script sees what those before it did, and nothing lasts") {
  Stage at(MariadbServer::shared(), k_maria_tables);
  if (!at.connection) return;
  check_that_scripts_follow_each_other(at);
  at.connection.reset();
  CHECK(at.outside("select count(*) from t") == "0");
  CHECK(at.outside("show tables") == "t");
}

TEST_CASE("postgresql: in a preview a deferred constraint is checked at the end of its script, in the words of a run") {
  Stage at(PostgresqlServer::shared(), k_pg_tables);
  if (!at.connection) return;
  at.run("001.lua", {"insert into child (id, t) values (1, 1)", "insert into t values (1)"});
  for (int time = 0; time < 2; ++time) {
    at.begin("002.lua");
    at.exec("insert into child (id, t) values (2, 7)");  // it may be mended until the end
    at.connection->leave_receipt({});
    const std::string previewed = sql_error([&] { at.connection->commit(); });
    CHECK(says(previewed, "violates foreign key constraint"));
    CHECK(at.connection->in_transaction());
    at.connection->rollback();
    if (time == 0) continue;
    const std::string url = at.postgresql->url(at.database);
    const auto real = target::open_postgresql(std::string_view(url).substr(url.find(':') + 1), {});
    real->begin({Access::write, os::in(std::chrono::seconds(30)), "other.lua", "version", "node"});
    real->execute("insert into child (id, t) values (2, 7)", {});
    real->leave_receipt({"other.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", 1, 1});
    CHECK(sql_error([&] { real->commit(); }) == previewed);
    real->rollback();
  }
  // Constraints that are not deferred by themselves are as they were, too.
  at.run("003.lua", {"set constraints all deferred", "insert into child (id, n) values (3, 1), (4, 2)"});
  at.begin("004.lua");
  CHECK(says(at.refusal("insert into child (id, n) values (5, 1)"), "n_is_one"));
  at.connection->rollback();
  at.run("005.lua", {"insert into child (id, t) values (6, 6)", "insert into t values (6)"});
}

TEST_CASE("postgresql: in a preview nothing of a script's session is left for the next") {
  Stage at(PostgresqlServer::shared(), k_pg_tables);
  if (!at.connection) return;
  const auto settings = [&] {
    return at.value(
        "select concat_ws(' ', current_setting('search_path'), current_setting('work_mem'), current_user,"
        " current_setting('lock_timeout'), current_setting('transaction_read_only'), "
        "coalesce(current_setting('my.own', true), ''),"
        " (select count(*) from pg_class where relpersistence = 't' and relkind = 'r'),"
        " (select count(*) from pg_cursors where name not like 'fettle%'),"
        " (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'))");
  };
  at.begin("000.lua");
  const std::string fresh = settings();
  at.connection->rollback();
  const std::vector<std::string> leaves = {"set local search_path = pg_catalog",
                                           "set local work_mem = '1MB'",
                                           "set local lock_timeout = '1s'",
                                           "set local my.own = 'x'",
                                           "create temporary table mine (a int)",
                                           "do $$ begin perform set_config('work_mem', '2MB', false); end $$",
                                           "do $$ declare c refcursor := 'left'; begin open c for select 1; end $$",
                                           "select pg_catalog.pg_advisory_lock(77)"};
  for (const bool kept : {true, false, true}) {
    CAPTURE(kept);
    at.begin("001.lua");
    for (const std::string& sql : leaves) at.exec(sql);
    const auto unread = at.connection->query("select n from generate_series(1, 100000) n", {});
    if (kept)
      at.keep();
    else
      at.connection->rollback();
    at.begin("001.lua");
    CHECK(settings() == fresh);
    at.connection->rollback();
  }
  CHECK(at.outside("select current_setting('work_mem')") != "1MB");
}

TEST_CASE("postgresql: a preview knows the receipts that there are, leaves none, and tells of what touches them") {
  Stage at(PostgresqlServer::shared(), k_pg_tables);
  if (!at.connection) return;
  at.connection.reset();
  const std::string url = at.postgresql->url(at.database);
  const auto open = [&] { return target::open_postgresql(std::string_view(url).substr(url.find(':') + 1), {}); };
  const auto real = open();
  real->begin({Access::write, os::in(std::chrono::seconds(30)), "001.lua", "version", "node"});
  real->leave_receipt({"001.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", 1, 1});
  real->commit();
  at.connection = open();
  at.connection->preview();
  at.begin("001.lua");
  CHECK(at.connection->find_receipt("001.lua", "version").has_value());
  at.connection->rollback();
  at.run("002.lua", {"insert into t values (1)"});
  at.begin("003.lua");
  at.exec("do $$ begin execute 'delete from fettle_' || 'receipts'; end $$");
  at.connection->leave_receipt({});
  CHECK(says(sql_error([&] { at.connection->commit(); }), "fettle_receipts"));
  at.connection->rollback();
  CHECK(at.connection->seen_receipt("001.lua", "version").has_value());
  at.run("004.lua", {"insert into t values (2)"});
  CHECK(at.outside("select count(*) from fettle_receipts") == "1");
}

TEST_CASE("postgresql: a preview whose connection is lost is over, and says so") {
  Stage at(PostgresqlServer::shared(), k_pg_tables);
  if (!at.connection) return;
  at.run("001.lua", {"insert into t values (1)"});
  at.outside(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'fettle%' and datname = "
      "current_database()");
  CHECK(says(sql_error([&] {
               at.begin("002.lua");
               at.value("select count(*) from t");
             }),
             "unreachable: "));
  CHECK(at.connection->lost());
  CHECK(says(sql_error([&] { at.begin("003.lua"); }), "the preview of this database is over"));
}

TEST_CASE("postgresql: a statement that is stopped in a preview takes its script alone") {
  Stage at(PostgresqlServer::shared(), k_pg_tables);
  if (!at.connection) return;
  at.run("001.lua", {"insert into t values (1)"});
  at.begin("002.lua");
  at.exec("delete from t");
  at.exec("set local statement_timeout = '50ms'");
  CHECK(says(at.refusal("select pg_sleep(20)"), "timeout: "));
  CHECK(says(at.refusal("select 1"), "after a statement has failed"));
  at.connection->rollback();
  at.begin("003.lua");
  CHECK(at.value("select count(*) from t") == "1");
  at.connection->rollback();
}

TEST_CASE("mariadb: in a preview no procedure commits, and the scripts before it stay undecided") {
  Stage at(MariadbServer::shared(),
           {k_maria_tables[0], "CREATE PROCEDURE commits() BEGIN INSERT INTO t VALUES (99, 'x'); COMMIT; END",
            "CREATE PROCEDURE makes() BEGIN CREATE TABLE made (a INT); END",
            "CREATE PROCEDURE begins() BEGIN START TRANSACTION; END",
            "CREATE PROCEDURE turns() BEGIN SET autocommit = 0; SET autocommit = 1; END",
            "CREATE PROCEDURE adds() BEGIN INSERT INTO t VALUES (50, 'p'); END"});
  if (!at.connection) return;
  at.run("001.lua", {"insert into t values (1, 'one')"});
  for (const char* call : {"call commits()", "call makes()", "call begins()", "call turns()"}) {
    CAPTURE(call);
    at.begin("002.lua");
    CHECK(says(at.refusal(call), "the preview did not let it"));
    at.connection->rollback();
    CHECK(at.outside("select count(*) from t") == "0");
  }
  at.run("003.lua", {"call adds()"});
  at.begin("004.lua");
  CHECK(at.value("select count(*) from t") == "2");
  at.connection->rollback();
  at.connection.reset();
  CHECK(at.outside("select count(*) from t") == "0");
  CHECK(at.outside("show tables") == "t");
}

TEST_CASE("mariadb: in a preview temporary tables, variables and locks of a script are not left for the next") {
  Stage at(MariadbServer::shared(), k_maria_tables);
  if (!at.connection) return;
  for (const bool kept : {true, false}) {
    CAPTURE(kept);
    at.begin("001.lua");
    at.exec("create temporary table if not exists `mi``ne` (a int) engine = innodb");
    at.exec("create or replace temporary table Other (a int)");
    at.exec("insert into `mi``ne` values (1)");
    at.exec("set @left = 7, @`odd ``name` = 8");
    if (kept)
      at.keep();
    else
      at.connection->rollback();
    at.begin("002.lua");
    CHECK(at.value("select coalesce(@left, @`odd ``name`, 'nothing')") == "nothing");
    CHECK(says(at.refusal("insert into `mi``ne` values (1)"), "doesn't exist"));
    CHECK(says(at.refusal("insert into Other values (1)"), "doesn't exist"));
    at.connection->rollback();
  }
}

TEST_CASE("mariadb: a preview knows the receipts that there are, and leaves none") {
  Stage at(MariadbServer::shared(), k_maria_tables);
  if (!at.connection) return;
  at.connection.reset();
  const std::string url = at.mariadb->url(at.database);
  const auto open = [&] { return target::open_mariadb(std::string_view(url).substr(url.find(':') + 1), {}); };
  const auto real = open();
  real->begin({Access::write, os::in(std::chrono::seconds(30)), "001.lua", "version", "node"});
  real->leave_receipt({"001.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", 1, 1});
  real->commit();
  at.connection = open();
  at.connection->preview();
  at.begin("001.lua");
  CHECK(at.connection->find_receipt("001.lua", "version").has_value());
  at.connection->rollback();
  CHECK(at.connection->seen_receipt("001.lua", "version").has_value());
  at.run("002.lua", {"insert into t values (1, 'one')"});
  CHECK(at.connection->seen_receipt("001.lua", "version").has_value());
  at.begin("003.lua");
  CHECK(at.value("select count(*) from t") == "1");
  at.connection->rollback();
  CHECK(at.outside("select count(*) from fettle_receipts") == "1");
}

TEST_CASE("mariadb: a deadlock ends a preview, and it says so") {
  Stage at(MariadbServer::shared(), k_maria_tables);
  if (!at.connection) return;
  at.outside("insert into t values (1, 'a'), (2, 'b'), (3, 'c')");
  at.run("001.lua", {"update t set name = 'x' where id = 1"});
  // The other one has changed more, so the server takes ours for the victim.
  std::thread other([&] {
    at.mariadb->ask(
        "start transaction$$ update t set name = 'y' where id in (2, 3)$$ insert into t select NULL, "
        "'many' from information_schema.COLUMNS$$ do sleep(1)$$ update t set name = 'y' where id = 1$$ "
        "rollback",
        at.database);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  at.begin("002.lua");
  const std::string said = at.refusal("update t set name = 'x' where id = 2");
  other.join();
  CHECK(says(said, "unreachable: the preview of this database is over"));
  CHECK(says(said, "Deadlock"));
  CHECK(at.connection->lost());
  at.connection->rollback();
  CHECK(says(sql_error([&] { at.begin("003.lua"); }), "the preview of this database is over"));
  CHECK(at.outside("select name from t where id = 1") == "a");
}

TEST_CASE("mariadb: a preview whose connection is killed is over, and says so") {
  Stage at(MariadbServer::shared(), k_maria_tables);
  if (!at.connection) return;
  at.run("001.lua", {"insert into t values (1, 'one')"});
  at.outside("kill " + at.mariadb->connection_in(at.database));
  CHECK(says(sql_error([&] { at.begin("002.lua"); }), "unreachable: "));
  CHECK(at.connection->lost());
  CHECK(at.outside("select count(*) from t") == "0");
}

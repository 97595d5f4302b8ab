// The rows that a script changed in MariaDB: which statements are certain, and what is said of all others.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "core/changes.hpp"
#include "support/mariadb_server.hpp"
#include "target/mariadb.hpp"
#include "target/mariadb_form.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::TableChanges;
using support::MariadbServer;
using support::says;
using target::Dialect;
using target::MariaForm;

namespace {

struct Place {
  explicit Place(const std::vector<std::string>& tables) : server(MariadbServer::shared()) {
    if (server == nullptr) return;
    database = server->make_database();
    for (const std::string& table : tables) server->ask(table, database);
    const std::string url = server->url(database);
    connection = target::open_mariadb(std::string_view(url).substr(url.find(':') + 1), {});
    connection->watch_changes(std::uint64_t{1} << 20U);
  }
  // "t: +1 ~2 -3", or "t: why not".
  std::string told(const std::vector<std::string>& statements) {
    connection->begin({Access::write, os::in(std::chrono::seconds(30)), "001.lua", "version", "node"});
    for (const std::string& sql : statements) connection->execute(sql, {});
    std::string all;
    for (const TableChanges& table : connection->changes([](const auto&) { return true; }).tables) {
      CHECK(table.net == table.gap.empty());
      all += fmt::format(
          "{}{}: {}", all.empty() ? "" : ", ", table.table,
          table.gap.empty() ? fmt::format("+{} ~{} -{}", table.inserted, table.updated, table.deleted) : table.gap);
    }
    connection->rollback();
    return all;
  }

  MariadbServer* server;
  std::string database;
  std::unique_ptr<target::Connection> connection;
};

std::string where_of(const std::string& sql) {
  const MariaForm form = target::form_of(sql, Dialect::mariadb);
  return form.kind == MariaForm::Kind::other ? "other" : form.from + "|" + form.where;
}

}  // namespace

TEST_CASE("mariadb: of a statement only what is certain from its text is taken for known") {
  CHECK(where_of("update t set a = 1 where b = 'where' -- and more") == "t|where b = 'where'");
  CHECK(where_of("UPDATE `t` AS x SET x.a = (select max(a) from u where c = 1) WHERE x.b IN (1, 2)") ==
        "`t` AS x|WHERE x.b IN (1, 2)");
  CHECK(where_of("delete from d.t # all") == "d.t|");
  for (const char* sql : {"update t, u set t.a = 1",
                          "update t join u set t.a = 1",
                          "update t set a = 1 limit 1",
                          "update t set a = 1 where b < now()",
                          "update t set a = 1 where b = current_timestamp",
                          "update t set a = 1 where mine(b)",
                          "update t set a = 1 where d.abs(b)",
                          "update t set a = 1 where `abs`(b)",
                          "update t set a = 1 where b in (select b from u)",
                          "update t set a = 1 where b = @b",
                          "update ignore t set a = 1",
                          "delete t from t",
                          "delete a from t a",
                          "delete from t using t",
                          "delete from t order by a",
                          "delete from t where a = 1 returning a",
                          "replace into t values (1)",
                          "insert ignore into t values (1)",
                          "insert into t values (1) on duplicate key update a = 2",
                          "insert t values (1)",
                          "with x as (select 1) select * from x",
                          "update t partition (p) set a = 1"}) {
    CAPTURE(sql);
    CHECK(where_of(sql) == "other");
  }
  const MariaForm form =
      target::form_of("update t x set x.`a` = ?, b = if(c = 1, 2, 3), C = ? where d = ?", Dialect::mariadb);
  CHECK(form.sets == std::vector<std::string>{"a", "b", "c"});
  CHECK(form.placeholders_before == 2);
}

TEST_CASE("mariadb: rows are told net, and where they cannot be the gap says why") {
  Place at({"CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
            "INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)", "CREATE TABLE o (id INT PRIMARY KEY, n INT) ENGINE=InnoDB",
            "CREATE TABLE acts (id INT PRIMARY KEY) ENGINE=InnoDB",
            "CREATE TRIGGER moves AFTER INSERT ON acts FOR EACH ROW UPDATE t SET n = n + 1",
            "CREATE TABLE quiet (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO quiet VALUES (1)",
            "CREATE TRIGGER quietly BEFORE INSERT ON quiet FOR EACH ROW UPDATE t SET n = n + 1",
            "CREATE TABLE loose (a INT) ENGINE=InnoDB",
            "CREATE TABLE stamped (at DATETIME DEFAULT '2000-01-01' ON UPDATE CURRENT_TIMESTAMP PRIMARY KEY, n INT) "
            "ENGINE=InnoDB",
            "INSERT INTO stamped VALUES ('2000-01-01', 1)",
            "CREATE FUNCTION writes() RETURNS INT BEGIN UPDATE o SET n = 9; RETURN 1; END",
            "CREATE PROCEDURE calls() BEGIN UPDATE o SET n = 9; END"});
  if (!at.connection) return;
  CHECK(at.told({"insert into t (n) values (5), (6)", "update t set n = 7 where id = 1",
                 "update t set n = 0 where id = 1", "delete from t where id = 2", "delete from t where n = 6",
                 "update t set n = 0 where id = 3"}) == "t: +1 ~0 -1");
  CHECK(says(at.told({"update t set n = 7", "insert into acts values (1)"}), "t: triggers or foreign keys of another"));
  CHECK(says(at.told({"update t set n = 7 where id = 1", "insert ignore into quiet values (1)"}), "t: triggers or"));
  CHECK(says(at.told({"update t set id = id + 10 where id = 1"}), "its key was changed"));
  CHECK(says(at.told({"insert into loose values (1)"}), "no primary key"));
  CHECK(says(at.told({"update stamped set n = 2"}), "cannot be asked for exactly"));
  CHECK(says(at.told({"update t set n = 2 where id = 1", "replace into t values (1, 5)"}), "t: REPLACE"));
  CHECK(says(at.told({"update t set n = 2 where id = 1", "update t set n = 3 limit 1"}), "not read for rows"));
  CHECK(says(at.told({"update t set n = 2 where id = 1", "select writes()"}), "writes()"));
  CHECK(says(at.told({"update t set n = writes() where id = 1"}), "writes()"));
  CHECK(says(at.told({"update t set n = 2 where id = 1", "call calls()"}), "procedure"));
  CHECK(at.told({"update t set n = length(monthname(now())) where id = 1"}) == "t: +0 ~1 -0");
}

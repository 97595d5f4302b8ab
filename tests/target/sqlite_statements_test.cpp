#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <string>

#include "os/clock.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Blob;
using core::Describe;
using core::Null;
using core::Row;
using core::Value;
using support::Packed;
using support::says;
using support::sql_error;
using support::TargetFile;
using support::value_of;

namespace {

// A target with a connection in a transaction.
struct Working : TargetFile {
  explicit Working(Access access = Access::write) : connection(open()) { connection->begin(access); }

  std::string refusal(const std::string& sql, const core::Values& parameters = {}) const {
    return sql_error([&] { connection->execute(sql, parameters); });
  }
  std::int64_t run(const std::string& sql, const core::Values& parameters = {}) const {
    return connection->execute(sql, parameters);
  }
  std::int64_t number(const std::string& sql) const { return std::get<std::int64_t>(value_of(*connection, sql)); }

  std::unique_ptr<target::Connection> connection;
};

}  // namespace

TEST_CASE("while only reading is allowed nothing is written, by whatever statement") {
  Working at(Access::read);
  for (const std::string sql :
       {"INSERT INTO t (name) VALUES ('a')", "DELETE FROM t", "DROP TABLE t", "CREATE TABLE u (x)",
        "CREATE TEMP TABLE u (x)", "WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 'x'", "PRAGMA user_version=5",
        "REINDEX", "ANALYZE", "INSERT INTO t (name) VALUES ('a') RETURNING id"}) {
    CAPTURE(sql);
    CHECK(says(at.refusal(sql), "error: "));
    CHECK(sql_error([&] {
            core::Writer row;
            at.connection->query(sql, {})->next(row);
          }) != "no error");
  }
  CHECK(at.number("SELECT count(*) FROM t") == 0);
  CHECK(at.number("PRAGMA query_only") == 1);
  at.connection->rollback();
  CHECK(at.outside("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") == "1");
}

TEST_CASE("a statement that was allowed for writing is not for reading, though it is still known") {
  Working at;
  at.run("INSERT INTO t (name) VALUES ('a')");
  at.connection->commit();
  at.connection->begin(Access::read);
  CHECK(says(at.refusal("INSERT INTO t (name) VALUES ('a')"), "only reading is allowed"));
  at.connection->rollback();
  at.connection->begin(Access::write);
  CHECK(at.run("INSERT INTO t (name) VALUES ('b')") == 1);
}

TEST_CASE("no statement leaves the transaction or the file") {
  const Working at;
  for (const std::string sql : {"BEGIN",
                                "COMMIT",
                                "END",
                                "ROLLBACK",
                                "SAVEPOINT a",
                                "RELEASE a",
                                "/* x */ commit",
                                "ATTACH ':memory:' AS x",
                                "ATTACH 'app.db' AS x",
                                "DETACH main",
                                "VACUUM",
                                "VACUUM INTO 'copy.db'",
                                "SELECT load_extension('x')",
                                "SELECT fts3_tokenizer('simple')",
                                "SELECT sql FROM sqlite_stmt",
                                "PRAGMA journal_mode=OFF",
                                "PRAGMA synchronous=OFF",
                                "PRAGMA writable_schema=ON",
                                "PRAGMA query_only=OFF",
                                "PRAGMA foreign_keys=ON",
                                "PRAGMA locking_mode=EXCLUSIVE",
                                "PRAGMA temp_store=FILE",
                                "PRAGMA wal_checkpoint",
                                "PRAGMA trusted_schema=ON",
                                "PRAGMA mmap_size=1",
                                "PRAGMA nonsense",
                                "PRAGMA main.journal_mode=OFF",
                                "SELECT * FROM pragma_journal_mode('off')",
                                "UPDATE sqlite_schema SET sql = 'x'"}) {
    CAPTURE(sql);
    CHECK(at.refusal(sql) != "no error");
    CHECK(at.connection->in_transaction());
  }
  CHECK(at.scratch().list().size() <= 2);
}

TEST_CASE("pragmas that only tell are open, and those that live in the transaction may be set") {
  Working at;
  for (const std::string sql : {"PRAGMA table_info(t)", "PRAGMA integrity_check", "PRAGMA foreign_key_check",
                                "PRAGMA user_version", "PRAGMA page_size", "SELECT * FROM pragma_table_info('t')",
                                "PRAGMA user_version=7", "PRAGMA defer_foreign_keys=ON"}) {
    CAPTURE(sql);
    CHECK(at.refusal(sql) == "no error");
  }
  CHECK(at.number("PRAGMA user_version") == 7);
  at.connection->rollback();
  CHECK(at.outside("PRAGMA user_version") == "0");
}

TEST_CASE("one statement at a time, with whatever comments and blanks around it") {
  const Working at;
  CHECK(at.run("INSERT INTO t (name) VALUES ('a'); -- done\n /* really */ ;\n") == 1);
  CHECK(at.run("-- first\nDELETE FROM t -- last") == 1);
  CHECK(says(at.refusal("DELETE FROM t; DELETE FROM t"), "only one statement"));
  CHECK(says(at.refusal("DELETE FROM t; nonsense"), "only one statement"));
  CHECK(says(at.refusal("SELECT 1; COMMIT"), "only one statement"));
  CHECK(says(at.refusal(""), "no statement"));
  CHECK(says(at.refusal("-- nothing"), "no statement"));
  CHECK(says(at.refusal(std::string("DELETE FROM t\0 WHERE id = 1", 28)), "zero byte"));
}

TEST_CASE("as many values as placeholders, no more and no less") {
  const Working at;
  CHECK(says(at.refusal("INSERT INTO t (name) VALUES (?)"), "1 placeholder, but 0 values were given"));
  CHECK(says(at.refusal("DELETE FROM t", {std::int64_t{1}}), "0 placeholders, but 1 value was given"));
  CHECK(says(sql_error([&] { at.connection->query("SELECT ?, ?", {true}); }), "2 placeholders, but 1 value was"));
  CHECK(says(sql_error([&] {
               at.connection->execute_many("INSERT INTO t (name) VALUES (?)", Packed({{std::string("a")}, {}}));
             }),
             "but 0 values were"));
}

TEST_CASE("every value comes back as it was stored") {
  const Working at;
  at.run("CREATE TABLE v (a)");
  const std::vector<Value> values = {Null{},
                                     std::numeric_limits<std::int64_t>::min(),
                                     0.5,
                                     -1e300,
                                     std::numeric_limits<double>::infinity(),
                                     std::string(),
                                     std::string("ä"),
                                     Blob{},
                                     Blob{std::string("\0\xff", 2)}};
  for (const Value& value : values) {
    at.run("DELETE FROM v");
    at.run("INSERT INTO v VALUES (?)", {core::view(value)});
    CHECK(value_of(*at.connection, "SELECT a FROM v") == value);
  }
  CHECK(value_of(*at.connection, "SELECT ?", {true}) == Value(std::int64_t{1}));
  CHECK(says(at.refusal("INSERT INTO v VALUES (?)", {std::nan("")}), "not a number"));
}

TEST_CASE("affected rows are those of this statement") {
  const Working at;
  CHECK(at.run("INSERT INTO t (name) VALUES ('a'), ('b'), ('c')") == 3);
  CHECK(at.run("CREATE TABLE log (x)") == 0);
  CHECK(at.run("UPDATE t SET name = name || 'x' WHERE id < 3") == 2);
  CHECK(at.run("UPDATE t SET name = 'z' WHERE id = 99") == 0);
  CHECK(at.run("SELECT * FROM t") == 0);
  CHECK(at.run("CREATE TRIGGER tr AFTER DELETE ON t BEGIN INSERT INTO log VALUES (1), (2); END") == 0);
  CHECK(at.run("DELETE FROM t") == 3);
  CHECK(at.number("SELECT count(*) FROM log") == 6);
  CHECK(at.run("CREATE TABLE copy AS SELECT * FROM log") == 0);
  CHECK(at.run("ALTER TABLE log ADD COLUMN y") == 0);
  CHECK(at.run("DROP TABLE log") == 0);
  CHECK(at.connection->execute_many("INSERT INTO t (name) VALUES (?)",
                                    Packed({{std::string("p")}, {std::string("q")}})) == 2);
  CHECK(at.connection->rows_changed() >= 14);
}

TEST_CASE("RETURNING gives rows, and the change is made") {
  const Working at;
  CHECK(value_of(*at.connection, "INSERT INTO t (name) VALUES (?), ('b') RETURNING name", {std::string("a")}) ==
        Value(std::string("a")));
  CHECK(at.number("SELECT count(*) FROM t") == 2);
  CHECK(at.run("DELETE FROM t RETURNING id") == 2);
}

TEST_CASE("a conflict that rolls back ends the transaction, and that can be seen") {
  const Working at;
  at.run("INSERT INTO t (name) VALUES ('a')");
  CHECK(says(at.refusal("INSERT INTO t (name) VALUES ('a')"), "UNIQUE constraint failed"));
  CHECK(at.connection->in_transaction());
  CHECK(says(at.refusal("INSERT OR ROLLBACK INTO t (name) VALUES ('a')"), "UNIQUE constraint failed"));
  CHECK_FALSE(at.connection->in_transaction());
  CHECK(at.outside("SELECT count(*) FROM t") == "0");
  at.connection->rollback();
}

TEST_CASE("dropping a table that is being read is told as that, not as another process") {
  const Working at;
  at.run("INSERT INTO t (name) VALUES ('a'), ('b')");
  const auto cursor = at.connection->query("SELECT id FROM t", {});
  core::Writer row;
  REQUIRE(cursor->next(row));
  CHECK(
      says(at.refusal("DROP TABLE t"), "error: database table is locked: a query of this script is still being read"));
}

TEST_CASE("a query of no columns, two columns of one name, and the end that stays the end") {
  const Working at;
  core::Writer row;
  const auto none = at.connection->query("INSERT INTO t (name) VALUES ('a')", {});
  CHECK(none->columns().empty());
  CHECK_FALSE(none->next(row));
  CHECK_FALSE(none->next(row));
  CHECK(at.number("SELECT count(*) FROM t") == 1);
  CHECK(at.connection->query("SELECT 1 AS a, 2 AS a", {})->columns() == std::vector<std::string>{"a", "a"});
}

TEST_CASE("temporary tables and triggers of one script are gone for the next") {
  Working at;
  at.run("CREATE TEMP TABLE mine (x)");
  at.run("CREATE TEMP VIEW \"odd \"\" name\" AS SELECT 1");
  at.run("CREATE TEMP TRIGGER spy AFTER INSERT ON t BEGIN DELETE FROM t; END");
  at.connection->commit();
  at.connection->begin(Access::read);
  CHECK(at.number("SELECT count(*) FROM sqlite_temp_schema") == 0);
  at.connection->rollback();
  at.connection->begin(Access::write);
  CHECK(at.run("INSERT INTO t (name) VALUES ('a')") == 1);
  CHECK(at.number("SELECT count(*) FROM t") == 1);
}

TEST_CASE("the schema can be asked without SQL") {
  const Working at;
  at.run("CREATE VIEW v AS SELECT id FROM t");
  at.run("CREATE INDEX by_name ON t (name)");
  const auto is = [&](Describe::What what, const std::string& table, const std::string& name) {
    return std::get<bool>(at.connection->describe(what, table, name).at(0).at(0));
  };
  CHECK(at.connection->describe(Describe::What::tables, "", "") ==
        std::vector<Row>{{std::string("t")}, {std::string("v")}});
  CHECK(is(Describe::What::has_table, "T", ""));
  CHECK(is(Describe::What::has_table, "v", ""));
  CHECK_FALSE(is(Describe::What::has_table, "x' OR 1", ""));
  CHECK(is(Describe::What::has_column, "t", "NAME"));
  CHECK_FALSE(is(Describe::What::has_column, "t", "nam"));
  CHECK_FALSE(is(Describe::What::has_column, "absent", "id"));
  CHECK(is(Describe::What::has_index, "t", "by_name"));
  CHECK_FALSE(is(Describe::What::has_index, "v", "by_name"));
}

TEST_CASE("a statement without end is stopped from outside, and the transaction can go on to its end") {
  Working at;
  at.run("INSERT INTO t (name) VALUES ('a')");
  const auto until = os::Steady::now() + std::chrono::milliseconds(50);
  at.connection->stop_when([&] { return os::Steady::now() > until; });
  const auto start = os::Steady::now();
  CHECK(says(at.refusal("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"),
             "timeout: the statement was stopped"));
  CHECK(os::since(start) < std::chrono::seconds(5));
  at.connection->stop_when({});
  at.connection->rollback();
  CHECK(at.outside("SELECT count(*) FROM t") == "0");
}

TEST_CASE("rows that were changed are counted from the beginning of each transaction") {
  Working at;
  at.run("INSERT INTO t (name) VALUES ('a'), ('b')");
  at.run("UPDATE t SET name = name || 'x'");
  CHECK(at.connection->rows_changed() == 4);
  at.connection->commit();
  at.connection->begin(Access::write);
  CHECK(at.connection->rows_changed() == 0);
}

TEST_CASE("temporary tables are dropped in the time of the script that made them, and take no time of the next") {
  Working at;
  for (int number = 0; number < 300; ++number) at.run("CREATE TEMP TABLE mine" + std::to_string(number) + " (x)");
  at.connection->stop_when([] { return true; });
  CHECK(says(sql_error([&] { at.connection->leave_receipt({}); }), "timeout: the temporary tables were too many"));
  at.connection->stop_when({});
  at.connection->leave_receipt({});
  CHECK(at.number("SELECT count(*) FROM sqlite_temp_schema") == 0);
  at.connection->commit();
}

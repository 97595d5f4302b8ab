// What scripts may not do through `db`: one table of everything that is refused, the same list in the manual, and the
// ways around it that have to end in a failed attempt.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "target/broker_bench.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Cause;
using core::Done;
using core::Row;
using support::BrokerBench;
using support::says;
using support::sql_error;
using support::TargetFile;
using support::value_of;

namespace {

struct Refused {
  std::string sql, says;
};

constexpr const char* k_commits_itself = "fettle commits when it returns executed = true";
constexpr const char* k_only_these = "name further ones there and use databases.NAME";
constexpr const char* k_safely = "could change how safely the database is written";
constexpr const char* k_proves =
    "fettle_receipts and fettle_begun prove which scripts were applied and begun; scripts may read them, nothing else";
constexpr const char* k_schema = "a statement that changes the schema may not name fettle_receipts";

const std::vector<Refused>& refusals() {
  static const std::vector<Refused> all = {
      {"BEGIN", k_commits_itself},
      {"begin immediate", "BEGIN is not for scripts"},
      {"COMMIT", "take the COMMIT out"},
      {"END", "take the COMMIT out"},
      {"/* x */ rollback -- y", "take the ROLLBACK out"},
      {"SAVEPOINT a", "SAVEPOINT is not for scripts"},
      {"RELEASE a", "RELEASE is not for scripts"},
      {"ROLLBACK TO a", "ROLLBACK TO is not for scripts"},
      {"EXPLAIN COMMIT", "COMMIT is not for scripts"},
      {"DELETE FROM t; DELETE FROM t", "only one statement at a time"},
      {"SELECT 1; COMMIT", "send the others with calls of their own"},
      {"SELECT 1;; SELECT 2", "only one statement"},
      {"SELECT 1; nonsense", "only one statement"},
      {"ATTACH 'other.db' AS other", k_only_these},
      {"ATTACH ':memory:' AS other", "ATTACH is not for scripts"},
      {"DETACH main", "DETACH is not for scripts"},
      {"VACUUM", "no database can do it inside a transaction"},
      {"VACUUM INTO 'copy.db'", "by hand while no run is going on"},
      {"PRAGMA synchronous = OFF", k_safely},
      {"PRAGMA main.journal_mode = OFF", k_safely},
      {"PRAGMA journal_mode(off)", k_safely},
      {"PRAGMA locking_mode = EXCLUSIVE", k_safely},
      {"PRAGMA writable_schema = ON", "PRAGMA writable_schema is not for scripts"},
      {"PRAGMA temp_store_directory = '/tmp'", k_safely},
      {"PRAGMA wal_checkpoint(TRUNCATE)", k_safely},
      {"PRAGMA query_only = OFF", k_safely},
      {"PRAGMA foreign_keys = OFF", k_safely},
      {"PRAGMA ignore_check_constraints = ON", "or outlive the script"},
      {"PRAGMA hard_heap_limit = 0", k_safely},
      {"PRAGMA trusted_schema = ON", k_safely},
      {"PRAGMA recursive_triggers = ON", k_safely},
      {"PRAGMA optimize", k_safely},
      {"SELECT * FROM pragma_journal_mode('off')", ""},
      {"SELECT load_extension('x.so')", "load_extension() is not for scripts"},
      {"SELECT fts3_tokenizer('simple')", ""},
      {"UPDATE sqlite_schema SET sql = 'x'", ""},
      {"INSERT INTO fettle_receipts DEFAULT VALUES", k_proves},
      {"UPDATE fettle_receipts SET node = 'x'", k_proves},
      {"DELETE FROM \"FETTLE_Receipts\"", "fettle mark declares one as applied"},
      {"REPLACE INTO main.fettle_receipts SELECT * FROM fettle_receipts", k_proves},
      {"WITH x AS (SELECT 1) DELETE FROM [fettle_receipts]", k_proves},
      {"DROP TABLE fettle_receipts", k_proves},
      {"ALTER TABLE fettle_receipts RENAME TO gone", k_proves},
      {"ALTER TABLE fettle_receipts RENAME COLUMN node TO x", k_proves},
      {"ALTER TABLE fettle_receipts ADD COLUMN x", k_proves},
      {"ALTER TABLE t RENAME TO \"fettle_receipts\"", ""},
      {"CREATE TABLE IF NOT EXISTS other.fettle_receipts (x)", ""},
      {"CREATE TEMP TABLE fettle_receipts (x)", k_proves},
      {"CREATE TEMP VIEW fettle_receipts AS SELECT 1", k_proves},
      {"CREATE VIEW v AS SELECT * FROM fettle_receipts", k_schema},
      {"CREATE INDEX i ON fettle_receipts (node)", k_proves},
      {"CREATE TRIGGER r BEFORE INSERT ON fettle_receipts BEGIN SELECT raise(IGNORE); END", k_proves},
      {"CREATE TEMP TRIGGER r BEFORE INSERT ON main.fettle_receipts BEGIN SELECT raise(IGNORE); END", k_proves},
      {"CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM fettle_receipts; END", k_schema},
      {"CREATE TABLE c (x REFERENCES fettle_receipts (script) ON DELETE CASCADE)", k_schema},
      {"CREATE TABLE c (x REFERENCES \"Fettle_Receipts\" DEFERRABLE INITIALLY DEFERRED)", k_schema},
      {"ALTER TABLE t ADD COLUMN x REFERENCES fettle_receipts (script)", k_schema},
      {"CREATE TABLE copied AS SELECT * FROM fettle_receipts", k_schema},
  };
  return all;
}

// Of the manual's table: the statements in the first column.
std::vector<std::string> documented() {
  const std::string text = support::read_file(FETTLE_SOURCE_DIR "/docs/scripts.md");
  std::vector<std::string> all;
  bool inside = false;
  for (const std::string_view line : base::split(text, '\n')) {
    if (line.starts_with("| refused |")) inside = true;
    if (!line.starts_with("|")) inside = false;
    if (!inside || !line.starts_with("| `")) continue;
    const std::string_view first = line.substr(0, line.find('|', 1));
    for (std::size_t from = first.find('`'); from != std::string_view::npos; from = first.find('`', from + 1)) {
      const std::size_t end = first.find('`', from + 1);
      all.emplace_back(first.substr(from + 1, end - from - 1));
      from = end;
    }
  }
  return all;
}

struct Door : TargetFile {
  Door() : connection(open()) { connection->begin(Access::write); }

  std::string refusal(const std::string& sql) const {
    return sql_error([&] { connection->execute(sql, {}); });
  }

  std::unique_ptr<target::Connection> connection;
};

struct Brokered : TargetFile {
  BrokerBench broker{{scratch().path(), scratch().path("ledger.db"), {{"main", "sqlite:app.db?foreign_keys=on"}}}};
};

}  // namespace

TEST_CASE("sql door: each refusal says what was refused, why, and what to do instead") {
  const Door at;
  at.connection->execute("INSERT INTO t (name) VALUES ('kept')", {});
  for (const Refused& refused : refusals()) {
    CAPTURE(refused.sql);
    const std::string by_exec = at.refusal(refused.sql);
    CHECK(says(by_exec, "error: "));
    CHECK(says(by_exec, refused.says));
    CHECK(says(sql_error([&] {
                 core::Writer row;
                 at.connection->query(refused.sql, {})->next(row);
               }),
               refused.says));
    CHECK(at.connection->in_transaction());
  }
  at.connection->commit();
  CHECK(at.outside("SELECT group_concat(name) FROM t") == "kept");
  CHECK(
      at.outside("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1)") ==
      "fettle_receipts,t");
  CHECK_FALSE(at.scratch().exists("copy.db"));
  CHECK_FALSE(at.scratch().exists("other.db"));
}

TEST_CASE("sql door: what the manual says is refused is refused") {
  const Door at;
  const std::vector<std::string> statements = documented();
  CHECK(statements.size() > 15);
  for (const std::string& sql : statements) {
    CAPTURE(sql);
    CHECK(says(at.refusal(sql), "error: "));
  }
}

TEST_CASE("sql door: a kept statement that is compiled anew is judged by its own text") {
  const Door at;
  const std::string drop = "DROP TABLE IF EXISTS gone";
  for (int round = 1; round <= 3; ++round) {
    CHECK_NOTHROW(at.connection->execute(drop, {}));
    at.connection->execute("CREATE TABLE gone (x)", {});  // the schema changes under the kept statement
    core::Writer row;
    CHECK(at.connection->query("SELECT count(*) FROM fettle_receipts", {})->next(row));
  }
}

TEST_CASE("sql door: receipts may be read, and blanks and comments around a statement are no second one") {
  const Door at;
  for (const char* sql : {"SELECT count(*) FROM fettle_receipts", "SELECT 1;;", "SELECT 1; -- the end",
                          "SELECT 1 /* x */ ; /* not closed", "  ;; SELECT 1", "PRAGMA table_info(fettle_receipts)",
                          "PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA user_version = 3",
                          "CREATE TABLE fettle (x)", "DROP TABLE fettle"}) {
    CAPTURE(sql);
    CHECK(at.refusal(sql) == "no error");
  }
}

TEST_CASE("sql door: a temporary table cannot be renamed into the place of the receipts") {
  const Door at;
  at.connection->execute("CREATE TEMP TABLE mine (x)", {});
  CHECK(says(at.refusal("ALTER TABLE temp.mine RENAME TO fettle_receipts"), k_schema));
  CHECK(says(at.refusal("ALTER TABLE mine RENAME TO `Fettle_Receipts`"), k_schema));
}

TEST_CASE("sql door: SQL of four megabytes is refused before it is compiled") {
  const Door at;
  CHECK(says(at.refusal("SELECT '" + std::string(std::size_t{5} << 20U, 'x') + "'"), "longer than 4 MiB"));
  const std::string alias(std::size_t{300} << 10U, 'x');
  CHECK(says(sql_error([&] { at.connection->query("SELECT 1 AS " + alias, {}); }), "names longer than 256 KiB"));
}

TEST_CASE("sql door: shouldRun() writes nothing, not by a temporary table, a trigger or a pragma") {
  const TargetFile file;
  file.outside("CREATE TABLE log (x)");
  file.outside("CREATE VIEW v AS SELECT name FROM t");
  file.outside("CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES (1); END");
  const auto connection = file.open();
  connection->begin(Access::read);
  for (const Refused& refused :
       std::vector<Refused>{{"INSERT INTO v VALUES ('a')", "write in execute(), through db"},
                            {"CREATE TEMP TABLE x AS SELECT 1", "this statement writes"},
                            {"CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END", "this statement writes"},
                            {"PRAGMA user_version = 3", "set it in execute()"},
                            {"INSERT INTO t (name) VALUES ('a') RETURNING id", "writes"}}) {
    CAPTURE(refused.sql);
    CHECK(says(sql_error([&] { connection->execute(refused.sql, {}); }), refused.says));
    CHECK(says(sql_error([&] {
                 core::Writer row;
                 connection->query(refused.sql, {})->next(row);
               }),
               refused.says));
  }
  connection->rollback();
  CHECK(file.outside("SELECT count(*) FROM log") == "0");
}

TEST_CASE("sql door: a statement that ends the transaction says so, and the attempt cannot be committed") {
  for (const char* ending :
       {"INSERT OR ROLLBACK INTO t (name) VALUES ('a')", "UPDATE OR ROLLBACK t SET id = 1, name = 'a'",
        "INSERT INTO hard VALUES ('a')", "INSERT INTO t (name) VALUES ('trigger')"}) {
    CAPTURE(ending);
    Brokered at;
    at.outside("CREATE TABLE hard (x UNIQUE ON CONFLICT ROLLBACK)");
    at.outside("INSERT INTO hard VALUES ('a')");
    at.outside("CREATE TRIGGER r BEFORE INSERT ON t WHEN new.name = 'trigger' BEGIN SELECT raise(ROLLBACK, 'oh'); END");
    REQUIRE(at.broker.begin("main", Access::write).cause == Cause::none);
    CHECK(at.broker.exec("INSERT INTO t (name) VALUES ('a'), ('b')") == "no fault");
    CHECK(says(at.broker.exec(ending), "nothing of this attempt can be committed"));
    CHECK(says(at.broker.exec("INSERT INTO t (name) VALUES ('c')"), "ended by an earlier statement"));
    CHECK(at.broker.finish(true).word == Done::Word::rolled_back);
    CHECK(at.outside("SELECT count(*) FROM t") == "0");
  }
}

TEST_CASE("sql door: a deferred constraint that is broken at the end is told as that") {
  Brokered at;
  at.outside("CREATE TABLE child (t REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)");
  REQUIRE(at.broker.begin("main", Access::write).cause == Cause::none);
  CHECK(at.broker.exec("INSERT INTO child VALUES (99)") == "no fault");
  const Done done = at.broker.finish(true);
  CHECK(done.word == Done::Word::rolled_back);
  CHECK(says(done.error, "the database refused to commit: FOREIGN KEY constraint failed; a deferred constraint"));
  CHECK(at.outside("SELECT count(*) FROM child") == "0");
}

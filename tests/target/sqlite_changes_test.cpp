#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Row;
using core::SchemaChange;
using Kind = core::RowChange::Kind;

namespace {

struct Told {
  Kind kind;
  std::string table;
  Row before, after;
  bool operator==(const Told&) const = default;
};

Row unpacked(std::string_view packed) {
  if (packed.empty()) return {};
  core::Reader in(packed);
  return in.row();
}

struct Watched : support::TargetFile {
  explicit Watched(const std::string& setup = "", std::uint64_t images = std::uint64_t{16} << 20U) {
    if (!setup.empty()) SQLite::Database(path(), SQLite::OPEN_READWRITE).exec(setup);
    connection = open("app.db?foreign_keys=on");
    connection->watch_changes(images);
    connection->begin(Access::write);
  }
  Watched& run(const std::string& sql, const core::Values& parameters = {}) {
    connection->execute(sql, parameters);
    return *this;
  }
  core::Changes changes() {
    rows.clear();
    std::vector<std::pair<std::uint32_t, Told>> told;
    core::Changes all = connection->changes([&told](const target::PackedChange& change) {
      told.emplace_back(change.table, Told{change.kind, "", unpacked(change.before), unpacked(change.after)});
      return true;
    });
    for (auto& [table, change] : told) {
      change.table = all.tables.at(table).table;
      rows.push_back(std::move(change));
    }
    return all;
  }
  std::unique_ptr<target::Connection> connection;
  std::vector<Told> rows;
};

std::string short_text(const core::Changes& changes) {
  std::string text;
  for (const core::TableChanges& table : changes.tables)
    text += table.table + " +" + std::to_string(table.inserted) + " ~" + std::to_string(table.updated) + " -" +
            std::to_string(table.deleted) + (table.net ? "" : " or fewer") +
            (table.gap.empty() ? "" : " (" + table.gap + ")") + "\n";
  for (const SchemaChange& change : changes.schema)
    text += std::string(core::name(change.kind)) + " " + change.type + " " + change.name + ": " + change.before +
            " -> " + change.after + "\n";
  return text;
}

constexpr const char* k_three = "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')";

}  // namespace

TEST_CASE("changes: rows come with what they were and what they are, in the types that they have") {
  Watched at(
      "CREATE TABLE v (id INTEGER PRIMARY KEY, n NUMERIC, r REAL, x BLOB, s TEXT);"
      "INSERT INTO v VALUES (1, 5, 5, x'00ff', 'it''s'), (2, NULL, 0.5, 'text', ''), (3, 9007199254740993, -0.0, 1, "
      "'c')");
  at.run("UPDATE v SET n = 2.5, r = 7 WHERE id = 1").run("DELETE FROM v WHERE id = 2");
  at.run("INSERT INTO v VALUES (4, '6', 6, 6.0, 6)").run("UPDATE v SET s = 'd' WHERE id = 3");
  const core::Changes changes = at.changes();
  CHECK(short_text(changes) == "v +1 ~2 -1\n");
  CHECK(changes.tables[0].columns == std::vector<std::string>{"id", "n", "r", "x", "s"});
  CHECK(changes.tables[0].key == std::vector<std::string>{"id"});
  const std::int64_t one = 1, three = 3, five = 5, odd = 9007199254740993;
  CHECK(at.rows == std::vector<Told>{{Kind::updated,
                                      "v",
                                      {one, five, 5.0, core::Blob{std::string("\0\xff", 2)}, "it's"},
                                      {one, 2.5, 7.0, core::Blob{std::string("\0\xff", 2)}, "it's"}},
                                     {Kind::updated, "v", {three, odd, 0.0, one, "c"}, {three, odd, 0.0, one, "d"}},
                                     {Kind::inserted, "v", {}, {std::int64_t{4}, std::int64_t{6}, 6.0, 6.0, "6"}},
                                     {Kind::deleted, "v", {std::int64_t{2}, core::Null{}, 0.5, "text", ""}, {}}});
}

TEST_CASE("changes: a DELETE of everything tells each row, also when it was compiled for an earlier script") {
  Watched at(k_three);
  CHECK(short_text(at.run("DELETE FROM t").changes()) == "t +0 ~0 -3\n");
  CHECK(at.rows.size() == 3);
  at.connection->rollback();
  at.connection->begin(Access::write);
  CHECK(short_text(at.run("DELETE FROM t").changes()) == "t +0 ~0 -3\n");
}

TEST_CASE("changes: those that triggers, foreign keys and REPLACE make are told, each row once") {
  Watched at(
      "CREATE TABLE log (what TEXT);"
      "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "CREATE TABLE child (id INTEGER PRIMARY KEY, p REFERENCES parent(id) ON DELETE CASCADE);"
      "CREATE TRIGGER g AFTER UPDATE ON parent BEGIN INSERT INTO log VALUES (old.name); END;"
      "INSERT INTO parent VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO child VALUES (10, 1), (11, 1), (12, 2)");
  at.run("DELETE FROM parent WHERE id = 1");
  at.run("INSERT OR REPLACE INTO parent VALUES (2, 'c')");  // in the place of two rows
  at.run("UPDATE parent SET name = name || '!'").run("UPDATE parent SET name = 'e'");
  CHECK(short_text(at.changes()) == "parent +0 ~1 -2\nchild +0 ~0 -3\nlog +2 ~0 -0\n");
}

TEST_CASE("changes: what only was on the way is not told, nor what a failed statement had done") {
  Watched at(k_three);
  at.run("INSERT INTO t VALUES (4, 'd')").run("DELETE FROM t WHERE id = 4");
  at.run("UPDATE t SET name = name || 'x'").run("UPDATE t SET name = substr(name, 1, 1)");
  CHECK_THROWS(at.run("INSERT INTO t VALUES (5, 'e'), (6, 'f'), (7, 'a')"));
  CHECK(at.changes().empty());
}

TEST_CASE("changes: nothing is told of a transaction that reads, of temporary tables and of fettle's own") {
  Watched at(k_three);
  at.run("CREATE TEMP TABLE u (x)").run("INSERT INTO u VALUES (1)");
  CHECK(at.changes().empty());
  at.connection->rollback();
  at.connection->begin(Access::read);
  CHECK(at.changes().empty());
  at.connection->rollback();
  at.connection->begin(Access::write);
  at.run("UPDATE t SET name = 'z' WHERE id = 1");
  at.connection->leave_receipt({"001.lua", "sha", "ledger", "node", "now", "0.1", 1, 1});
  CHECK(short_text(at.changes()) == "t +0 ~1 -0\n");
}

TEST_CASE("changes: a script without a transaction has its writes counted") {
  Watched at(k_three);
  at.connection->rollback();
  at.connection->begin(Access::piecemeal);
  at.connection->leave_start({"001.lua", "sha", "ledger", "node", "now", "0.1", 1, 1});
  at.run("UPDATE t SET name = name || 'x'").run("DELETE FROM t WHERE id = 1").run("CREATE INDEX i ON t (name)");
  CHECK(short_text(at.changes()) ==
        "t +0 ~3 -1 or fewer (it ran without a transaction)\ncreated index i:  -> CREATE INDEX i ON t (name)\n");
  CHECK(at.rows.empty());
}

TEST_CASE("changes: beyond the images only writes are counted, and without images from the start") {
  Watched small(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) INSERT INTO t SELECT i, i FROM n",
      4096);
  small.run("UPDATE t SET name = -id").run("UPDATE t SET name = id + 5000 WHERE id < 11");
  CHECK(short_text(small.changes()) == "t +0 ~1010 -0 or fewer (more than 4 KiB of rows changed ([run] images))\n");
  Watched none(k_three, 0);
  CHECK(short_text(none.run("DELETE FROM t").changes()) ==
        "t +0 ~0 -3 or fewer (no rows are kept ([run] images = 0))\n");
}

TEST_CASE("changes: a row that is too large to be told is named, and harms nothing") {
  Watched at("CREATE TABLE b (id INTEGER PRIMARY KEY, x BLOB); INSERT INTO b VALUES (1, zeroblob(8000000)), (2, x'00')",
             std::uint64_t{1} << 30U);
  at.run("UPDATE b SET x = zeroblob(9000000) WHERE id = 2");
  CHECK(short_text(at.changes()) == "b +0 ~1 -0 (a row is larger than 7 MiB)\n");
  at.connection->rollback();
  at.connection->begin(Access::write);
  CHECK(short_text(at.run("DELETE FROM b").changes()) == "b +0 ~0 -2 or fewer (a row is larger than 7 MiB)\n");
}

TEST_CASE("changes: columns that were added later have their defaults in rows that were there before") {
  Watched at(
      "CREATE TABLE d (a TEXT PRIMARY KEY); INSERT INTO d VALUES ('x'), ('y'); ALTER TABLE d ADD COLUMN n DEFAULT "
      "5; ALTER TABLE d ADD COLUMN m; INSERT INTO d VALUES ('z', NULL, NULL)");
  at.run("DELETE FROM d WHERE a <> 'y'");
  CHECK(short_text(at.changes()) == "d +0 ~0 -2\n");
  CHECK(at.rows.at(0).before == Row{"x", std::int64_t{5}, core::Null{}});
  CHECK(at.rows.at(1).before == Row{"z", core::Null{}, core::Null{}});
}

TEST_CASE("changes: virtual columns before the key do not shift the values of a row") {
  Watched at(
      "CREATE TABLE g (v AS (a || b) VIRTUAL, a TEXT, id INTEGER PRIMARY KEY, b REAL, s AS (a || '!') STORED);"
      "INSERT INTO g (a, id, b) VALUES ('x', 7, 2)");
  const core::Changes changes = at.run("UPDATE g SET b = 3, id = 8").changes();
  CHECK(short_text(changes) == "g +1 ~0 -1\n");
  CHECK(changes.tables[0].columns == std::vector<std::string>{"a", "id", "b", "s"});
  CHECK(at.rows.at(0).after == Row{"x", std::int64_t{8}, 3.0, "x!"});
  CHECK(at.rows.at(1).before == Row{"x", std::int64_t{7}, 2.0, "x!"});
}

TEST_CASE("changes: tables, indexes, views and triggers that come, change and go") {
  Watched at("CREATE TABLE u (a); CREATE INDEX i ON u (a); CREATE VIEW w AS SELECT 1");
  at.run("CREATE TABLE n (id INTEGER PRIMARY KEY, a)").run("INSERT INTO n VALUES (1, 'x'), (2, 'y')");
  at.run("UPDATE n SET a = 'z' WHERE id = 2").run("/* c */ drop index if exists I;").run("DROP VIEW w");
  at.run("CREATE TRIGGER g AFTER INSERT ON u BEGIN SELECT 1; END").run("ALTER TABLE t ADD COLUMN more");
  at.run("CREATE TABLE brief (a)").run("INSERT INTO brief VALUES (1)").run("DROP TABLE brief");
  at.run("CREATE TABLE c AS SELECT 1 AS one UNION SELECT 2");
  const core::Changes changes = at.changes();
  CHECK(short_text(changes) ==
        "n +2 ~0 -0\nc +2 ~0 -0\n"
        "altered table t: CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) -> CREATE TABLE t (id INTEGER "
        "PRIMARY KEY, name TEXT UNIQUE, more)\n"
        "dropped index i: CREATE INDEX i ON u (a) -> \n"
        "dropped view w: CREATE VIEW w AS SELECT 1 -> \n"
        "created table n:  -> CREATE TABLE n (id INTEGER PRIMARY KEY, a)\n"
        "created trigger g:  -> CREATE TRIGGER g AFTER INSERT ON u BEGIN SELECT 1; END\n"
        "created table c:  -> CREATE TABLE c(one)\n");
  CHECK(at.rows.at(1).after == Row{std::int64_t{2}, "z"});
}

TEST_CASE("changes: of a table whose columns were changed behind the first row only writes are counted") {
  Watched at(k_three);
  at.run("UPDATE t SET name = 'z' WHERE id = 1").run("ALTER TABLE t ADD COLUMN more DEFAULT 3");
  at.run("UPDATE t SET more = 4 WHERE id = 2");
  CHECK(short_text(at.changes())
            .starts_with("t +0 ~2 -0 or fewer (its columns were changed by the same script)\naltered table t: "));
  at.connection->rollback();
  at.connection->begin(Access::write);
  at.run("ALTER TABLE t ADD COLUMN other DEFAULT 3").run("UPDATE t SET name = 'z' WHERE id = 1");
  CHECK(short_text(at.changes()).starts_with("t +0 ~1 -0\naltered table t: "));
  CHECK(at.rows.at(0).before == Row{std::int64_t{1}, "a", std::int64_t{3}});
}

TEST_CASE("changes: a table that is dropped has lost the rows that it had before the script") {
  Watched at(k_three);
  at.run("INSERT INTO t VALUES (4, 'd'), (5, 'e')").run("DELETE FROM t WHERE id = 1").run("DROP TABLE main . \"T\"");
  CHECK(short_text(at.changes()) ==
        "t +0 ~0 -3 (it was dropped)\n"
        "dropped table t: CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) -> \n");
  CHECK(at.rows.empty());
  at.connection->rollback();
  at.connection->begin(Access::write);
  at.run("DROP TABLE IF EXISTS t");
  CHECK(short_text(at.changes()).starts_with("t +0 ~0 -3 (it was dropped)\ndropped table t: "));
}

TEST_CASE("changes: a table that could not be dropped is told row by row") {
  Watched at(
      "INSERT INTO t VALUES (1, 'a'), (2, 'b');"
      "CREATE TABLE child (p INTEGER NOT NULL REFERENCES t(id)); INSERT INTO child VALUES (1)");
  at.run("UPDATE t SET name = 'z' WHERE id = 2");
  CHECK_THROWS(at.run("DROP TABLE t"));
  CHECK(short_text(at.run("UPDATE t SET name = 'y' WHERE id = 1").changes()) == "t +0 ~2 -0\n");
  CHECK(at.rows.size() == 2);
}

TEST_CASE("changes: a table that is built anew under its name is told as such, one that is renamed as altered") {
  Watched at(k_three);
  at.run("CREATE TABLE fresh (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").run("INSERT INTO fresh SELECT * FROM t");
  at.run("DROP TABLE t").run("ALTER TABLE fresh RENAME TO t").run("DELETE FROM t WHERE id = 1");
  CHECK(short_text(at.changes()) ==
        "t +2 ~0 -3 or fewer (it was dropped and made anew by the same script)\n"
        "altered table t: CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) -> CREATE TABLE \"t\" (id INTEGER "
        "PRIMARY KEY, name TEXT NOT NULL)\n");
  at.connection->rollback();
  at.connection->begin(Access::write);
  at.run("UPDATE t SET name = 'z' WHERE id = 1").run("ALTER TABLE t RENAME TO other");
  at.run("UPDATE other SET name = 'y' WHERE id = 2");
  CHECK(short_text(at.changes()) ==
        "t +0 ~1 -0 or fewer (it was renamed by the same script)\nother +0 ~1 -0\n"
        "altered table t: CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) -> CREATE TABLE \"other\" (id "
        "INTEGER PRIMARY KEY, name TEXT UNIQUE)\n");
}

TEST_CASE("changes: the schema of a script that was rolled back is not taken for that of the next") {
  Watched at(k_three);
  at.run("ALTER TABLE t ADD COLUMN one DEFAULT 1").run("UPDATE t SET name = 'z' WHERE id = 1");
  CHECK(at.changes().tables.at(0).columns.back() == "one");
  at.connection->rollback();
  at.connection->begin(Access::write);
  at.run("ALTER TABLE t ADD COLUMN two DEFAULT 2").run("UPDATE t SET name = 'z' WHERE id = 1");
  CHECK(at.changes().tables.at(0).columns.back() == "two");
  CHECK(at.rows.at(0).after.back() == core::Value(std::int64_t{2}));
}

TEST_CASE("changes: numbers in the head of the file are told") {
  Watched at;
  at.run("PRAGMA user_version = 7").run("PRAGMA application_id = 9");
  CHECK(short_text(at.changes()) == "altered pragma user_version: 0 -> 7\naltered pragma application_id: 0 -> 9\n");
}

TEST_CASE("changes: the tables behind a full-text index are counted and not told row by row") {
  Watched at("CREATE VIRTUAL TABLE docs USING fts5(body)");
  at.run("INSERT INTO docs VALUES ('hello')");
  const core::Changes changes = at.changes();
  REQUIRE(!changes.tables.empty());
  for (const core::TableChanges& table : changes.tables) {
    CHECK(table.table.starts_with("docs_"));
    CHECK(table.gap == "a virtual table keeps its rows in it");
  }
  CHECK(at.rows.empty());
}

TEST_CASE("changes: rows without a primary key are told by what is in them, and keys of several columns by all") {
  Watched at(
      "CREATE TABLE bag (a, b); INSERT INTO bag VALUES (1, 1), (1, 1), (NULL, NULL);"
      "CREATE TABLE pair (a TEXT COLLATE NOCASE, b INT, c, PRIMARY KEY (b, a)) WITHOUT ROWID;"
      "INSERT INTO pair VALUES ('x', 1, 'old'), ('y', 1, 'old')");
  at.run("DELETE FROM bag WHERE rowid = 2").run("UPDATE pair SET a = upper(a) WHERE a = 'x'");
  at.run("UPDATE pair SET c = 'new' WHERE a = 'Y'");
  const core::Changes changes = at.changes();
  CHECK(short_text(changes) == "bag +0 ~0 -1\npair +1 ~1 -1\n");
  CHECK(changes.tables[0].key.empty());
  CHECK(changes.tables[1].key == std::vector<std::string>{"b", "a"});
}

TEST_CASE("changes: while rows are noted the guard goes on listening to the script") {
  Watched at("CREATE TABLE d (a TEXT PRIMARY KEY, n DEFAULT 3)");
  at.run("INSERT INTO d VALUES ('x', NULL)").run("DELETE FROM d");
  CHECK(support::says(support::sql_error([&] { at.run("DELETE FROM fettle_receipts"); }), "fettle_receipts"));
  CHECK(support::says(support::sql_error([&] { at.run("COMMIT"); }), "COMMIT"));
}

TEST_CASE("changes: a row that does not fit into the memory of databases fails the attempt with that cause") {
  Watched at("CREATE TABLE b (x BLOB); INSERT INTO b VALUES (zeroblob(60000000))");
  struct Limited {
    Limited() { target::limit_sqlite_memory(std::uint64_t{20} << 20U); }
    ~Limited() { target::limit_sqlite_memory(0); }
  };
  std::string said;
  {
    const Limited limited;
    said = support::sql_error([&] {
      at.run("DELETE FROM b");
      at.changes();
    });
  }
  CHECK(support::says(said, "memory: "));
  at.connection->rollback();
  at.connection->begin(Access::write);
  CHECK(short_text(at.run("DELETE FROM t").changes()) == "");
}

// What attempts changed: written with their end, in one commit; read again; and proven unchanged.
#include "ledger/changes.hpp"

#include <SQLiteCpp/Exception.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using core::RowChange;
using ledger::Ledger;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

RowChange row(RowChange::Kind kind, std::uint32_t table, core::Row before, core::Row after) {
  return {kind, table, std::move(before), std::move(after)};
}

std::string packed(std::vector<RowChange> rows) {
  return core::encode(core::ChangedRows{std::move(rows)});
}

// Two tables, one with a name that needs care, every kind of value, and a change of the schema; rows in two parts.
core::RecordedChanges some_changes() {
  core::RecordedChanges recorded;
  recorded.changes.tables = {{.table = "menu",
                              .columns = {"id", "na\"me", "photo"},
                              .key = {"id"},
                              .inserted = 1,
                              .updated = 2,
                              .deleted = 0,
                              .net = true,
                              .gap = ""},
                             {.table = "dr'op; --",
                              .columns = {},
                              .key = {},
                              .inserted = 0,
                              .updated = 0,
                              .deleted = 4,
                              .net = false,
                              .gap = "it has no key"}};
  recorded.changes.schema = {
      {core::SchemaChange::Kind::altered, "table", "menu", "CREATE TABLE menu (a)", "CREATE TABLE menu (a, b)"},
      {core::SchemaChange::Kind::created, "index", "menu_a", "", "CREATE INDEX menu_a ON menu (a)"}};
  const core::Blob blob{std::string("\0\xff", 2)};
  recorded.rows = {
      packed({row(RowChange::Kind::updated, 0, {std::int64_t{1}, "old", core::Null{}}, {std::int64_t{1}, "new", blob}),
              row(RowChange::Kind::updated, 0, {std::int64_t{2}, 1.5, core::Null{}},
                  {std::int64_t{2}, true, core::Null{}})}),
      packed({row(RowChange::Kind::inserted, 0, {}, {std::int64_t{3}, "x", core::Null{}})})};
  return recorded;
}

std::vector<RowChange> rows_of(const core::RecordedChanges& recorded) {
  std::vector<RowChange> rows;
  for (const std::string& part : recorded.rows) {
    const core::ChangedRows all = core::decode<core::ChangedRows>(part).value();
    rows.insert(rows.end(), all.rows.begin(), all.rows.end());
  }
  return rows;
}

ledger::Finished ended_with(core::RecordedChanges changes) {
  ledger::Finished finished = ended(OutcomeKind::succeeded);
  finished.changes = std::move(changes);
  return finished;
}

// Attempt 1 changed nothing, 2 what some_changes() says.
struct Changed : LedgerFixture {
  Changed() {
    Ledger ledger = open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    attempt(ledger, run, script_of("001_a.lua", "a"), ended(OutcomeKind::succeeded));
    attempt(ledger, run, script_of("002_b.lua", "b"), ended_with(some_changes()));
    ledger.end_run(run, {.at = {3000}, .scripts = 2, .exit_code = 0});
  }

  std::vector<std::string> found() const {
    std::vector<std::string> all;
    for (const ledger::Finding& finding : history().verify({}).findings)
      all.push_back(fmt::format("{} {}", ledger::name(finding.kind), finding.subject));
    return all;
  }

  std::string refusal(const std::string& sql) const {
    try {
      change(sql);
    } catch (const SQLite::Exception& failure) {
      const std::string what = failure.what();
      return what.substr(0, what.find(':'));
    }
    return "done: " + sql;
  }
};

using Found = std::vector<std::string>;
using Rows = std::vector<RowChange>;

Rows all_rows(const ledger::History& history, std::int64_t attempt) {
  Rows rows;
  history.each_changed_row(attempt, [&rows](const RowChange& each) { rows.push_back(each); });
  return rows;
}

}  // namespace

TEST_CASE("what an attempt changed is read again as it was told, tables, schema and rows") {
  const Changed fixture;
  const ledger::History history = fixture.history();
  CHECK(history.changes(2) == some_changes().changes);
  CHECK(all_rows(history, 2) == rows_of(some_changes()));
}

TEST_CASE("of an attempt that changed nothing, or never was, nothing is kept") {
  const Changed fixture;
  const ledger::History history = fixture.history();
  CHECK(history.changes(1).empty());
  CHECK(all_rows(history, 1).empty());
  CHECK(history.changes(77).empty());
  CHECK(fixture.ask("SELECT count(*) FROM changes WHERE attempt <> 2") == "0");
  CHECK(fixture.ask("SELECT group_concat(kind || ' ' || ref, ', ') FROM chain") ==
        "run_start 1, attempt 1, attempt 2, changes 2, run_end 1");
}

TEST_CASE("rows that the database could count but not tell are kept as counts") {
  const LedgerFixture fixture;
  core::RecordedChanges counts;
  counts.changes.tables = {{.table = "", .columns = {}, .key = {}, .updated = 7, .net = false, .gap = "not known"}};
  {
    Ledger ledger = fixture.open();
    LedgerFixture::attempt(ledger, ledger.begin_run(run_of("anna")), script_of("a.lua", "a"), ended_with(counts));
  }
  CHECK(fixture.history().changes(1) == counts.changes);
  CHECK(all_rows(fixture.history(), 1).empty());
  CHECK(fixture.ask("SELECT count(*) FROM changed_rows") == "0");
  CHECK(fixture.history().verify({}).findings.empty());
}

TEST_CASE("a sample has the first rows of each table and kind, from whichever part they are in") {
  const LedgerFixture fixture;
  core::RecordedChanges many;
  many.changes.tables = {{.table = "a", .columns = {"id"}, .key = {"id"}, .inserted = 5, .deleted = 1},
                         {.table = "b", .columns = {"id"}, .key = {"id"}, .updated = 2}};
  const auto number = [](std::int64_t value) { return core::Row{value}; };
  many.rows = {
      packed({row(RowChange::Kind::inserted, 0, {}, number(1)), row(RowChange::Kind::inserted, 0, {}, number(2)),
              row(RowChange::Kind::inserted, 0, {}, number(3)), row(RowChange::Kind::inserted, 0, {}, number(4))}),
      packed(
          {row(RowChange::Kind::inserted, 0, {}, number(5)), row(RowChange::Kind::updated, 1, number(1), number(1))}),
      packed(
          {row(RowChange::Kind::deleted, 0, number(9), {}), row(RowChange::Kind::updated, 1, number(2), number(2))})};
  {
    Ledger ledger = fixture.open();
    LedgerFixture::attempt(ledger, ledger.begin_run(run_of("anna")), script_of("a.lua", "a"), ended_with(many));
  }
  const ledger::History history = fixture.history();
  std::vector<std::string> sample;
  for (const RowChange& each : history.sample_of_rows(1, history.changes(1), 2))
    sample.push_back(fmt::format("{} {} {}", each.table, core::name(each.kind),
                                 std::get<std::int64_t>(each.after.empty() ? each.before[0] : each.after[0])));
  CHECK(sample ==
        std::vector<std::string>{"0 inserted 1", "0 inserted 2", "1 updated 1", "0 deleted 9", "1 updated 2"});
  CHECK(core::sample(many, 2).size() == 2);  // of the first part alone
}

TEST_CASE("what was changed stays as it was recorded") {
  const Changed fixture;
  const std::vector<std::string> tables = {"changes", "schema_changes", "changed_rows"};
  for (const std::string& table : tables) {
    CHECK(fixture.refusal("DELETE FROM " + table) == table + "_are_kept");
    CHECK(fixture.refusal("UPDATE " + table + " SET attempt = attempt") == table + "_are_final");
  }
  CHECK(fixture.refusal("INSERT INTO changes VALUES (1, 1, 't', 1, 0, 0, 1, NULL, NULL, NULL)") ==
        "changes_are_in_time");
  CHECK(fixture.refusal("INSERT INTO schema_changes VALUES (1, 1, 'created', 'table', 't', NULL, NULL)") ==
        "schema_changes_are_in_time");
  CHECK(fixture.refusal("INSERT INTO changed_rows VALUES (1, 1, 0, x'')") == "changed_rows_are_in_time");
}

TEST_CASE("changes that somebody edits, removes or adds are found") {
  const Changed fixture;
  REQUIRE(fixture.found() == Found{});
  const Found edited = {"edited changes of attempt 2"};
  SUBCASE("each column of a table's changes") {
    SQLite::Database database(fixture.path, SQLite::OPEN_READONLY);
    SQLite::Statement columns(
        database, "SELECT name, type FROM pragma_table_info('changes') WHERE name NOT IN ('attempt', 'number')");
    while (columns.executeStep()) {
      const Changed other;
      const std::string column = columns.getColumn(0).getString();
      other.tamper(fmt::format("UPDATE changes SET {0} = {1} WHERE attempt = 2 AND number = 1", column,
                               column == "net"                              ? "0"
                               : columns.getColumn(1).getString() == "TEXT" ? "coalesce(" + column + ", '') || 'x'"
                                                                            : column + " + 1"));
      CAPTURE(column);
      CHECK(other.found() == edited);
    }
  }
  SUBCASE("SQL of a schema change") {
    fixture.tamper("UPDATE schema_changes SET before = NULL WHERE number = 1");
    CHECK(fixture.found() == edited);
  }
  SUBCASE("rows") {
    fixture.tamper("UPDATE changed_rows SET (size, zstd) = (SELECT size, zstd FROM changed_rows WHERE part = 2)");
    CHECK(fixture.found() == edited);
  }
  SUBCASE("one part of the rows is gone") {
    fixture.tamper("DELETE FROM changed_rows WHERE part = 2");
    CHECK(fixture.found() == edited);
  }
  SUBCASE("a row moves to another table of the ledger that looks alike") {
    fixture.tamper("DELETE FROM changes WHERE number = 2");
    CHECK(fixture.found() == edited);
  }
  SUBCASE("all are gone") {
    fixture.tamper("DELETE FROM changes; DELETE FROM schema_changes; DELETE FROM changed_rows");
    CHECK(fixture.found() == Found{"removed changes of attempt 2"});
  }
  SUBCASE("an attempt that changed nothing is given some") {
    fixture.tamper("INSERT INTO changes VALUES (1, 1, 't', 1, 0, 0, 1, NULL, NULL, NULL)");
    CHECK(fixture.found() == Found{"added changes of attempt 1"});
  }
  SUBCASE("one that never was is given rows") {
    fixture.tamper("INSERT INTO changed_rows VALUES (77, 1, 0, x'')");
    CHECK(fixture.found() == Found{"added changes of attempt 77"});
  }
  SUBCASE("a schema change is put in") {
    fixture.tamper("INSERT INTO schema_changes VALUES (1, 1, 'dropped', 'table', 't', NULL, NULL)");
    CHECK(fixture.found() == Found{"added changes of attempt 1"});
  }
}

TEST_CASE("rows that were altered are refused when they are read, and never taken for others") {
  const Changed fixture;
  SUBCASE("another size") {
    fixture.tamper("UPDATE changed_rows SET size = size + 1 WHERE part = 1");
  }
  SUBCASE("no frame") {
    fixture.tamper("UPDATE changed_rows SET zstd = x'00' WHERE part = 2");
  }
  SUBCASE("a frame of something else") {
    ledger::Packer packer;
    const std::string zstd = packer.pack("hello");
    std::string hex;
    for (const char byte : zstd) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    fixture.tamper("UPDATE changed_rows SET size = 5, zstd = x'" + hex + "' WHERE part = 1");
  }
  SUBCASE("rows of a table that is not there") {
    fixture.tamper("DELETE FROM changes");
  }
  CHECK_THROWS_WITH_AS(all_rows(fixture.history(), 2), doctest::Contains("cannot be read"), base::Error);
}

TEST_CASE("the schema takes every kind of schema change and no other") {
  const LedgerFixture fixture;
  using Kind = core::SchemaChange::Kind;
  core::RecordedChanges all;
  for (const Kind kind : {Kind::created, Kind::altered, Kind::dropped})
    all.changes.schema.push_back({kind, "table", "t", "", ""});
  Ledger ledger = fixture.open();
  LedgerFixture::attempt(ledger, ledger.begin_run(run_of("anna")), script_of("a.lua", "a"), ended_with(all));
  CHECK(fixture.history().changes(1) == all.changes);
  CHECK_THROWS(fixture.tamper("UPDATE schema_changes SET kind = 'moved'"));
}

// What previews found: kept beside everything else, which does not know of it.
#include <SQLiteCpp/Exception.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "core/message.hpp"
#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using ledger::Ledger;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

ledger::Preview some_preview() {
  ledger::Preview preview;
  preview.start = run_of("vera");
  preview.start.at = {5000};
  preview.start.reason = "before Friday";
  preview.end = {.at = {6000}, .scripts = 2, .exit_code = 4};
  ledger::Previewed& good = preview.scripts.emplace_back();
  good.script = "001_a.lua";
  good.sha256 = base::sha256_hex("another text");
  good.outcome.kind = OutcomeKind::succeeded;
  good.outcome.message = "would clear 3";
  good.outcome.result = "{\"n\":3}";
  good.database = "main";
  good.total = std::chrono::microseconds(1234);
  good.statements = 5;
  good.rows_changed = 3;
  good.changes.changes.tables = {{.table = "menu", .columns = {"id"}, .key = {"id"}, .deleted = 3}};
  good.changes.changes.schema = {{core::SchemaChange::Kind::dropped, "view", "v", "CREATE VIEW v", ""}};
  good.changes.rows = {core::encode(core::ChangedRows{{{core::RowChange::Kind::deleted, 0, {std::int64_t{1}}, {}}}})};
  ledger::Previewed& bad = preview.scripts.emplace_back();
  bad.script = "002_b.lua";
  bad.sha256 = base::sha256_hex("b");
  bad.outcome = core::failed(core::Cause::error, "no such table");
  bad.outcome.traceback = "stack";
  return preview;
}

// A run with attempts 1 (failed), 2 (succeeded) and 3, which did not end; then a preview, run 2.
struct Previewed : LedgerFixture {
  Previewed() {
    Ledger ledger = open();
    fill(ledger);
    CHECK(ledger.record_preview(some_preview()) == 2);
  }

  static void fill(Ledger& ledger) {
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    attempt(ledger, run, script_of("001_a.lua", "a"), ended(OutcomeKind::failed));
    attempt(ledger, run, script_of("002_b.lua", "b"), ended(OutcomeKind::succeeded));
    ledger.begin_attempt({.run = run, .script = script_of("003_c.lua", "c"), .state = "new", .at = {9}});
  }

  std::vector<std::string> found() const {
    std::vector<std::string> all;
    for (const ledger::Finding& finding : history().verify({}).findings)
      all.push_back(fmt::format("{} {}", ledger::name(finding.kind), finding.subject));
    return all;
  }
};

using Found = std::vector<std::string>;

}  // namespace

TEST_CASE("what a preview found is read again by the number of its run") {
  const Previewed fixture;
  const ledger::Preview wanted = some_preview();
  const auto preview = fixture.history().preview(2);
  REQUIRE(preview);
  CHECK(preview->start.trigger == "preview");
  CHECK(preview->start.by == "vera");
  CHECK(preview->start.reason == "before Friday");
  CHECK(preview->start.command == "fettle run");
  CHECK(preview->start.at == base::Instant{5000});
  CHECK(preview->end.at == base::Instant{6000});
  CHECK(preview->end.scripts == 2);
  CHECK(preview->end.exit_code == 4);
  REQUIRE(preview->scripts.size() == 2);
  for (const std::size_t at : {0U, 1U}) {
    const ledger::Previewed& is = preview->scripts[at];
    const ledger::Previewed& was = wanted.scripts[at];
    CHECK(is.script == was.script);
    CHECK(is.sha256 == was.sha256);
    CHECK(is.outcome.kind == was.outcome.kind);
    CHECK(is.outcome.cause == was.outcome.cause);
    CHECK(is.outcome.message == was.outcome.message);
    CHECK(is.outcome.result == was.outcome.result);
    CHECK(is.outcome.error == was.outcome.error);
    CHECK(is.outcome.traceback == was.outcome.traceback);
    CHECK(is.database == was.database);
    CHECK(is.total == was.total);
    CHECK(is.statements == was.statements);
    CHECK(is.rows_changed == was.rows_changed);
    CHECK(is.changes.changes == was.changes.changes);
    CHECK(is.changes.rows == was.changes.rows);
  }
}

TEST_CASE("only the run of a preview is one") {
  const Previewed fixture;
  for (const std::int64_t run : {0, 1, 3, -1}) CHECK_FALSE(fixture.history().preview(run));
}

TEST_CASE("a preview of no script is recorded, too") {
  const LedgerFixture fixture;
  ledger::Preview none = some_preview();
  none.scripts.clear();
  const std::int64_t run = fixture.open().record_preview(none);
  REQUIRE(fixture.history().preview(run));
  CHECK(fixture.history().preview(run)->scripts.empty());
  CHECK(fixture.history().verify({}).findings.empty());
}

TEST_CASE("previews are listed newest first, with what their scripts would have come to") {
  const Previewed fixture;
  ledger::Preview later = some_preview();
  later.scripts.pop_back();
  fixture.open().record_preview(later);
  const std::vector<ledger::Run> all = fixture.history().previews(0);
  REQUIRE(all.size() == 2);
  CHECK(all[0].id == 3);
  CHECK(all[0].counts.succeeded == 1);
  CHECK(all[0].counts.failed == 0);
  CHECK(all[1].id == 2);
  CHECK(all[1].counts.failed == 1);
  CHECK(all[1].by == "vera");
  CHECK(fixture.history().previews(1).size() == 1);
}

TEST_CASE("a preview changes nothing that else is asked of a ledger") {
  const Previewed fixture;
  const LedgerFixture other;
  Ledger without = other.open();
  Previewed::fill(without);
  Ledger with = fixture.open();
  const ledger::History history = fixture.history();
  const ledger::History plain = other.history();

  CHECK(history.last_run()->id == 1);
  CHECK_FALSE(history.last_run()->finished);  // it is the one that is in doubt still
  CHECK_FALSE(history.is_broken(1));
  CHECK(history.attempts({}).size() == 3);
  CHECK(history.attempts({.script = "", .outcome = {}, .run = 2}).empty());
  ledger::Filter by_vera;
  by_vera.by = "vera";
  CHECK(history.attempts(by_vera).empty());
  CHECK(history.in_work()->id == 3);
  CHECK(history.fates().size() == plain.fates().size());
  CHECK(history.open_questions().size() == plain.open_questions().size());
  CHECK(history.filed().size() == plain.filed().size());
  CHECK(history.latest("001_a.lua")->id == 1);
  CHECK(with.unfinished().size() == 1);
  CHECK(with.unfiled().size() == without.unfiled().size());
  for (const std::string text : {"a", "b", "another text"})
    for (const std::string name : {"001_a.lua", "002_b.lua"}) {
      const core::Known is = with.known(name, base::sha256_hex(text));
      const core::Known was = without.known(name, base::sha256_hex(text));
      CHECK(is.last.has_value() == was.last.has_value());
      CHECK(is.applied.has_value() == was.applied.has_value());
      CHECK(is.same_version.has_value() == was.same_version.has_value());
    }
  ledger::Preview of_new_script = some_preview();
  of_new_script.scripts[0].script = "900_new.lua";
  with.record_preview(of_new_script);
  CHECK(history.names_like("900").empty());
  CHECK(history.attempted({"900_new.lua"}).empty());
  CHECK_FALSE(with.known("900_new.lua", of_new_script.scripts[0].sha256).last);
}

TEST_CASE("an attempt after a preview counts on where the attempts before it ended") {
  const Previewed fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  CHECK(run == 3);
  CHECK(LedgerFixture::attempt(ledger, run, script_of("x.lua", "x"), ended(OutcomeKind::succeeded)) == 4);
  CHECK(fixture.history().last_run()->id == 3);
}

TEST_CASE("what a preview found stays as it was recorded, and what somebody does to it is found") {
  const Previewed fixture;
  REQUIRE(fixture.found() == Found{});
  const std::vector<std::string> tables = {"previews", "preview_changes", "preview_schema_changes", "preview_rows"};
  const auto refusal = [&](const std::string& sql) {
    try {
      fixture.change(sql);
    } catch (const SQLite::Exception& failure) {
      const std::string what = failure.what();
      return what.substr(0, what.find(':'));
    }
    return "done: " + sql;
  };
  for (const std::string& table : tables) {
    CHECK(refusal("DELETE FROM " + table) == table + "_are_kept");
    CHECK(refusal("UPDATE " + table + " SET run = run") == table + "_are_final");
    CHECK(refusal("INSERT INTO " + table + " SELECT * FROM " + table) == table + "_are_in_time");
  }
  SUBCASE("edited") {
    const std::vector<std::string> edits = {
        "UPDATE previews SET outcome = 'succeeded', cause = NULL WHERE number = 2",
        "UPDATE previews SET sha256 = 'x' WHERE number = 1",
        "UPDATE preview_changes SET deleted = 2",
        "UPDATE preview_schema_changes SET name = 'w'",
        "UPDATE preview_rows SET size = size + 1",
        "DELETE FROM preview_rows",
        "DELETE FROM previews WHERE number = 2",
        "INSERT INTO preview_changes VALUES (2, 2, 1, 't', 1, 0, 0, 1, NULL, NULL, NULL)"};
    for (const std::string& edit : edits) {
      const Previewed other;
      other.tamper(edit);
      CAPTURE(edit);
      CHECK(other.found() == Found{"edited preview of run 2"});
    }
  }
  SUBCASE("removed") {
    for (const std::string& table : tables) fixture.tamper("DELETE FROM " + table);
    CHECK(fixture.found() == Found{"removed preview of run 2"});
  }
  SUBCASE("added to a run that was none") {
    fixture.open().finish_attempt(3, ended(OutcomeKind::interrupted));
    fixture.open().end_run(1, {.at = {9}, .scripts = 3, .exit_code = 4});
    fixture.tamper(
        "INSERT INTO previews SELECT 1, number, script, sha256, outcome, cause, reason, message, result, error, "
        "traceback, total_us, statements, rows_changed, database FROM previews");
    CHECK(fixture.found() == Found{"added preview of run 1"});
  }
  SUBCASE("added to a run that never was") {
    fixture.tamper("INSERT INTO preview_schema_changes VALUES (9, 1, 1, 'created', 'table', 't', NULL, NULL)");
    CHECK(fixture.found() == Found{"added preview of run 9"});
  }
}

TEST_CASE("a ledger of version 4 keeps all it has, and takes changes and previews from then on") {
  const LedgerFixture fixture;
  {
    Ledger ledger = fixture.open();
    Previewed::fill(ledger);
  }
  const std::string head = ledger::describe(fixture.history().head());
  fixture.change(
      "DROP TABLE changes; DROP TABLE schema_changes; DROP TABLE changed_rows; DROP TABLE previews;"
      "DROP TABLE preview_changes; DROP TABLE preview_schema_changes; DROP TABLE preview_rows;"
      "DROP TABLE imported; DROP TABLE imports;"
      "PRAGMA user_version = 4");
  CHECK_THROWS_WITH(fixture.history(), doctest::Contains("schema 4, too old"));
  Ledger ledger = fixture.open();
  CHECK(ledger::describe(fixture.history().head()) == head);
  ledger::Finished finished = ended(OutcomeKind::succeeded);
  finished.changes = some_preview().scripts[0].changes;
  ledger.finish_attempt(3, finished);
  CHECK(fixture.history().changes(3) == finished.changes.changes);
  CHECK(fixture.history().preview(ledger.record_preview(some_preview())));
  CHECK(fixture.history().verify({}).findings.empty());
}

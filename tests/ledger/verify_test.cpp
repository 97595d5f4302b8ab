// Every way in which somebody could change a ledger behind fettle's back, done with SQLite itself on the file.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "ledger/ledger_1.hpp"
#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using ledger::FindingKind;
using ledger::Ledger;
using ledger::Verdict;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

// Attempts 1 to 5 in two runs, with log lines from 2 on, and one event.
struct Recorded : LedgerFixture {
  Recorded() {
    Ledger ledger = open();
    run(ledger, {"001_a.lua", "002_b.lua", "003_c.lua"}, OutcomeKind::succeeded);
    ledger.record({.verb = "retry", .script = "x", .by = "a", .host = "h", .reason = "", .detail = "", .at = {4}});
    run(ledger, {"004_d.lua", "005_e.lua"}, OutcomeKind::failed);
  }

  static void run(Ledger& ledger, const std::vector<std::string>& names, OutcomeKind outcome) {
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    for (const std::string& name : names) {
      ledger::Finished finished = ended(outcome);
      finished.outcome.message = "did " + name;
      if (name != "001_a.lua")
        finished.lines = {{{1600}, core::LineLevel::info, "first"}, {{1700}, core::LineLevel::warn, "second"}};
      const std::int64_t id = attempt(ledger, run, script_of(name, "-- " + name), finished);
      ledger.set_moved_to(id, "somewhere/" + name);
      ledger.moves_are_durable();
    }
    ledger.end_run(run, {.at = {3000}, .scripts = 3, .exit_code = 0});
  }

  Verdict verify() const { return history().verify({}); }

  // "edited attempt 3 (003_c.lua)" for each finding.
  std::vector<std::string> found() const {
    std::vector<std::string> all;
    for (const ledger::Finding& finding : verify().findings) {
      CHECK_FALSE(finding.what.empty());
      all.push_back(fmt::format("{} {}{}", ledger::name(finding.kind), finding.subject,
                                finding.script.empty() ? "" : " (" + finding.script + ")"));
    }
    return all;
  }
};

using Found = std::vector<std::string>;

std::string sha256_of(const std::string& name) {
  return base::sha256_hex("-- " + name);
}

}  // namespace

TEST_CASE("a ledger that nobody touched is in order") {
  const Recorded ledger;
  const Verdict verdict = ledger.verify();
  CHECK(ledger.found() == Found{});
  CHECK(verdict.attempts == 5);
  CHECK(verdict.runs == 2);
  CHECK(verdict.events == 1);
  CHECK(verdict.texts == 5);
  CHECK(verdict.head.position == 10);
  CHECK(verdict.head.hash == ledger.history().head().hash);
}

TEST_CASE("a ledger in which nothing was run is in order") {
  const LedgerFixture fixture;
  { const Ledger made = fixture.open(); }
  CHECK(fixture.history().verify({}).findings.empty());
}

TEST_CASE("a ledger is verified while a run goes on") {
  const Recorded recorded;
  Ledger ledger = recorded.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  ledger.begin_attempt({.run = run, .script = script_of("x.lua", ""), .state = "new", .at = {1}});
  CHECK(recorded.found() == Found{});
  CHECK(recorded.verify().attempts == 6);
}

TEST_CASE("one changed column of one old attempt is found, whichever it is, and no other attempt is blamed") {
  const LedgerFixture columns;
  { const Ledger made = columns.open(); }
  SQLite::Database database(columns.path, SQLite::OPEN_READONLY);
  SQLite::Statement query(database, "SELECT name, type FROM pragma_table_info('attempts')");
  while (query.executeStep()) {
    const std::string column = query.getColumn(0).getString();
    if (column == "id" || column == "moved_to") continue;
    const Recorded ledger;
    std::string value = query.getColumn(1).getString() == "TEXT" ? "coalesce(" + column + ", '') || '!'"
                                                                 : "coalesce(" + column + ", 0) + 1";
    if (column == "run") value = "2";
    if (column == "repeatable") value = "1";
    if (column == "sha256") value = "'" + sha256_of("004_d.lua") + "'";
    if (column == "outcome") value = "'skipped'";
    if (column == "cause") value = "'error'";
    if (column == "script") value = "'002_B.lua'";
    ledger.tamper("UPDATE attempts SET " + column + " = " + value + " WHERE id = 2");
    CAPTURE(column);
    CHECK(ledger.found() ==
          Found{column == "script" ? "edited attempt 2 (002_B.lua)" : "edited attempt 2 (002_b.lua)"});
  }
}

TEST_CASE("NULL in place of a text, and a number in place of a NULL, are found as well") {
  const Recorded ledger;
  ledger.tamper("UPDATE attempts SET message = NULL WHERE id = 1; UPDATE attempts SET reason = '' WHERE id = 4");
  CHECK(ledger.found() == Found{"edited attempt 1 (001_a.lua)", "edited attempt 4 (004_d.lua)"});
}

TEST_CASE("an attempt that is made to look unfinished is found") {
  const Recorded ledger;
  ledger.tamper("UPDATE attempts SET outcome = NULL, finished_at = NULL WHERE id = 5");
  CHECK(ledger.found() == Found{"edited attempt 5 (005_e.lua)"});
}

TEST_CASE("a removed attempt is named") {
  const Recorded ledger;
  SUBCASE("out of the middle") {
    ledger.tamper("DELETE FROM attempts WHERE id = 3");
    CHECK(ledger.found() == Found{"removed attempt 3"});
  }
  SUBCASE("the newest") {
    ledger.tamper("DELETE FROM attempts WHERE id = 5");
    CHECK(ledger.found() == Found{"removed attempt 5"});
  }
  SUBCASE("with its entry in the chain, a gap is left") {
    ledger.tamper("DELETE FROM attempts WHERE id = 3; DELETE FROM chain WHERE kind = 'attempt' AND ref = 3");
    CHECK(ledger.found() == Found{"removed entry 4 of the chain", "removed attempt 3", "added attempt 3"});
  }
  SUBCASE("and one that had only begun leaves its number missing") {
    {
      Ledger open = ledger.open();
      const std::int64_t run = open.begin_run(run_of("anna"));
      const std::int64_t begun =
          open.begin_attempt({.run = run, .script = script_of("x.lua", ""), .state = "new", .at = {1}});
      CHECK(begun == 6);
      Recorded::attempt(open, run, script_of("y.lua", ""), ended(OutcomeKind::succeeded));
    }
    ledger.tamper("DELETE FROM attempts WHERE id = 6");
    CHECK(ledger.found() == Found{"removed attempt 6"});
  }
}

TEST_CASE("the end of the chain that was cut off with its rows is found by a head that was kept elsewhere") {
  const Recorded ledger;
  const ledger::Head kept = ledger.history().head();
  CHECK(ledger.history().verify(kept).findings.empty());
  ledger.tamper(
      "DELETE FROM chain WHERE position > 6; DELETE FROM attempts WHERE run = 2; DELETE FROM runs WHERE id = 2;"
      "DELETE FROM log_lines WHERE attempt > 3; DELETE FROM versions WHERE sha256 NOT IN (SELECT sha256 FROM "
      "attempts)");
  REQUIRE(ledger.verify().head.position == 6);
  const Verdict verdict = ledger.history().verify(kept);
  REQUIRE_FALSE(verdict.findings.empty());
  CHECK(verdict.findings.back().kind == FindingKind::rebuilt);
  CHECK(verdict.findings.back().what.find("ends at 6") != std::string::npos);
}

TEST_CASE("a ledger that was written anew from its beginning is found by a head that was kept elsewhere") {
  const Recorded ledger;
  const Recorded other;
  const ledger::Head kept = ledger.history().head();
  const ledger::Head middle = {.position = 3, .hash = ledger.ask("SELECT hash FROM chain WHERE position = 3")};
  CHECK(ledger.history().verify(middle).findings.empty());
  CHECK(other.found() == Found{});
  for (const ledger::Head& head : {kept, middle}) {
    const Verdict verdict = other.history().verify(head);
    REQUIRE(verdict.findings.size() == 1);
    CHECK(verdict.findings[0].kind == FindingKind::rebuilt);
  }
}

TEST_CASE("an attempt that fettle did not write is found") {
  const Recorded ledger;
  ledger.tamper(
      "INSERT INTO attempts (run, script, sha256, state, outcome, started_at, finished_at) "
      "SELECT 2, '006_f.lua', sha256, 'new', 'succeeded', 1, 2 FROM attempts WHERE id = 5");
  CHECK(ledger.found() == Found{"added attempt 6 (006_f.lua)"});
}

TEST_CASE("a row that was put in with an entry of its own, but without the right hash, is found") {
  const Recorded ledger;
  ledger.tamper(
      "INSERT INTO attempts (run, script, sha256, state, outcome, started_at, finished_at) "
      "SELECT 2, '006_f.lua', sha256, 'new', 'succeeded', 1, 2 FROM attempts WHERE id = 5;"
      "INSERT INTO chain SELECT 11, 'attempt', 6, content, lines, hash FROM chain WHERE position = 9");
  CHECK(ledger.found() == Found{"reordered entry 11 of the chain", "edited attempt 6 (006_f.lua)",
                                "lines_changed attempt 6 (006_f.lua)"});
}

TEST_CASE("two attempts that changed places in the chain are found") {
  const Recorded ledger;
  ledger.tamper(
      "UPDATE chain SET position = -2 WHERE position = 2; UPDATE chain SET position = 2 WHERE position = 3;"
      "UPDATE chain SET position = 3 WHERE position = -2");
  CHECK(ledger.found() ==
        Found{"reordered entry 2 of the chain", "reordered entry 3 of the chain", "reordered entry 4 of the chain"});
}

TEST_CASE("two attempts that changed numbers are both found") {
  const Recorded ledger;
  ledger.tamper(
      "UPDATE attempts SET id = -2 WHERE id = 2; UPDATE attempts SET id = 2 WHERE id = 4;"
      "UPDATE attempts SET id = 4 WHERE id = -2");
  CHECK(ledger.found() == Found{"edited attempt 2 (004_d.lua)", "edited attempt 4 (002_b.lua)"});
}

TEST_CASE("a changed entry of the chain is found") {
  const Recorded ledger;
  SUBCASE("its hash") {
    ledger.tamper("UPDATE chain SET hash = (SELECT hash FROM chain WHERE position = 5) WHERE position = 4");
    CHECK(ledger.found() == Found{"reordered entry 4 of the chain", "reordered entry 5 of the chain"});
  }
  SUBCASE("its content, to fit a changed row") {
    ledger.tamper("UPDATE chain SET content = (SELECT content FROM chain WHERE position = 5) WHERE position = 4");
    CHECK(ledger.found() == Found{"reordered entry 4 of the chain", "edited attempt 3 (003_c.lua)"});
  }
  SUBCASE("an entry twice") {
    ledger.tamper("INSERT INTO chain SELECT 11, kind, ref, content, lines, hash FROM chain WHERE position = 2");
    CHECK(ledger.found() == Found{"reordered entry 11 of the chain", "added attempt 1 (001_a.lua)"});
  }
}

TEST_CASE("a whole chain that is gone is found at every row") {
  const Recorded ledger;
  ledger.tamper("DELETE FROM chain");
  const Found found = ledger.found();
  CHECK(found.size() == 10);
  CHECK(found.front() == "added attempt 1 (001_a.lua)");
}

TEST_CASE("changed log lines are found and named as such") {
  const Recorded ledger;
  SUBCASE("one removed") {
    ledger.tamper("DELETE FROM log_lines WHERE attempt = 2 AND number = 2");
  }
  SUBCASE("all removed") {
    ledger.tamper("DELETE FROM log_lines WHERE attempt = 2");
  }
  SUBCASE("one added") {
    ledger.tamper("INSERT INTO log_lines VALUES (2, 3, 1, 'info', 'x')");
  }
  SUBCASE("a text changed") {
    ledger.tamper("UPDATE log_lines SET text = 'no' WHERE attempt = 2 AND number = 1");
  }
  SUBCASE("a level changed") {
    ledger.tamper("UPDATE log_lines SET level = 'info' WHERE attempt = 2");
  }
  CHECK(ledger.found() == Found{"lines_changed attempt 2 (002_b.lua)"});
}

TEST_CASE("log lines for an attempt that logged nothing, or that never was, are found") {
  const Recorded ledger;
  ledger.tamper("INSERT INTO log_lines VALUES (1, 1, 1, 'info', 'x'), (77, 1, 1, 'info', 'x')");
  CHECK(ledger.found() == Found{"lines_changed attempt 1 (001_a.lua)", "added attempt 77"});
}

TEST_CASE("a run that somebody else is made to have started, or that ended otherwise, is found") {
  const Recorded ledger;
  SUBCASE("who") {
    ledger.tamper("UPDATE runs SET by = 'bert' WHERE id = 1");
  }
  SUBCASE("why") {
    ledger.tamper("UPDATE runs SET reason = 'told to' WHERE id = 1");
  }
  SUBCASE("what was typed") {
    ledger.tamper("UPDATE runs SET command = 'fettle plan' WHERE id = 1");
  }
  SUBCASE("how it ended") {
    ledger.tamper("UPDATE runs SET exit_code = 4 WHERE id = 1");
  }
  SUBCASE("what it counted") {
    ledger.tamper("UPDATE runs SET succeeded = 9 WHERE id = 1");
  }
  CHECK(ledger.found() == Found{"edited run 1"});
}

TEST_CASE("a run that is gone is found, and so is every attempt that it made") {
  const Recorded ledger;
  ledger.tamper("DELETE FROM runs WHERE id = 2");
  CHECK(ledger.found() == Found{"removed run 2", "removed run 2", "run_missing attempt 4 (004_d.lua)",
                                "run_missing attempt 5 (005_e.lua)"});
}

TEST_CASE("a run that fettle never made is found") {
  const Recorded ledger;
  ledger.tamper(
      "INSERT INTO runs (trigger, by, host, pid, command, fettle, started_at) "
      "VALUES ('manual', 'x', 'h', 1, 'c', '0', 0)");
  CHECK(ledger.found() == Found{"added run 3"});
}

TEST_CASE("a changed, removed or added event is found") {
  const Recorded ledger;
  SUBCASE("changed") {
    ledger.tamper("UPDATE events SET by = 'bert'");
    CHECK(ledger.found() == Found{"edited event 1"});
  }
  SUBCASE("removed") {
    ledger.tamper("DELETE FROM events");
    CHECK(ledger.found() == Found{"removed event 1"});
  }
  SUBCASE("added") {
    ledger.tamper("INSERT INTO events (at, verb, by, host) VALUES (1, 'retry', 'x', 'h')");
    CHECK(ledger.found() == Found{"added event 2"});
  }
}

TEST_CASE("a script text that does not match its SHA-256 is named, and one that is gone") {
  const Recorded ledger;
  const std::string a = sha256_of("001_a.lua");
  SUBCASE("another text") {
    ledger.tamper("UPDATE versions SET (size, zstd) = (SELECT size, zstd FROM versions WHERE sha256 = '" +
                  sha256_of("002_b.lua") + "') WHERE sha256 = '" + a + "'");
    CHECK(ledger.found() == Found{"text_changed version " + a});
  }
  SUBCASE("no text at all") {
    ledger.tamper("UPDATE versions SET zstd = x'00' WHERE sha256 = '" + a + "'");
    CHECK(ledger.found() == Found{"text_changed version " + a});
  }
  SUBCASE("gone") {
    ledger.tamper("DELETE FROM versions WHERE sha256 = '" + a + "'");
    CHECK(ledger.found() == Found{"text_missing attempt 1 (001_a.lua)"});
  }
}

TEST_CASE("another ledger's id is found") {
  const Recorded ledger;
  SUBCASE("put in its place") {
    ledger.tamper("UPDATE ledger SET id = 'x'");
  }
  SUBCASE("taken away") {
    ledger.tamper("DELETE FROM ledger");
  }
  CHECK(ledger.found() == Found{"reordered entry 1 of the chain"});
}

TEST_CASE("a file that went somewhere before its attempt ended is found") {
  const Recorded recorded;
  Ledger ledger = recorded.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  ledger.begin_attempt({.run = run, .script = script_of("x.lua", ""), .state = "new", .at = {1}});
  recorded.tamper("UPDATE attempts SET moved_to = 'failed/x.lua' WHERE id = 6");
  CHECK(recorded.found() == Found{"misfiled attempt 6 (x.lua)"});
}

TEST_CASE("a missing trigger is told") {
  const Recorded ledger;
  ledger.change("DROP TRIGGER attempts_are_kept");
  CHECK(ledger.found() == Found{"unguarded trigger attempts_are_kept"});
}

TEST_CASE("a damaged file is a finding, not a crash") {
  const Recorded ledger;
  const int page = std::stoi(ledger.ask("SELECT rootpage FROM sqlite_master WHERE name = 'attempts'"));
  std::string bytes = ledger.scratch.read("state/ledger.db");
  const auto from = static_cast<std::size_t>(page - 1) * 4096;
  REQUIRE(bytes.size() >= from + 4096);
  bytes.replace(from, 4096, 4096, 'x');
  ledger.scratch.remove("state/ledger.db-wal");
  ledger.scratch.write("state/ledger.db", bytes);
  const Verdict verdict = ledger.verify();
  REQUIRE_FALSE(verdict.findings.empty());
  for (const ledger::Finding& finding : verdict.findings) CHECK(finding.kind == FindingKind::damaged);
}

TEST_CASE("verifying changes nothing and needs no right to write") {
  const Recorded ledger;
  const std::string before = ledger.scratch.read("state/ledger.db");
  CHECK(ledger.found() == Found{});
  CHECK(ledger.scratch.read("state/ledger.db") == before);
}

TEST_CASE("one changed row among ten thousand is found") {
  const LedgerFixture fixture;
  fixture.scratch.make_folder("state");
  support::make_ledger_1(fixture.path, R"sql(
    INSERT INTO runs (trigger, by, host, pid, command, fettle, started_at) VALUES ('manual', 'a', 'h', 1, 'c', '0', 1);
    INSERT INTO versions VALUES ('aa', 0, x'', 1);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
      INSERT INTO attempts (run, script, sha256, state, outcome, started_at, finished_at, message)
      SELECT 1, printf('%05d.lua', i), 'aa', 'new', 'succeeded', i, i + 1, 'fine' FROM n)sql");
  { const Ledger migrated = fixture.open(); }
  Verdict verdict = fixture.history().verify({});
  CHECK(verdict.attempts == 10'000);
  CHECK(verdict.head.position == 10'001);
  REQUIRE(verdict.findings.size() == 1);  // the made-up version
  fixture.tamper("UPDATE attempts SET message = 'Fine' WHERE id = 7777");
  verdict = fixture.history().verify({});
  REQUIRE(verdict.findings.size() == 2);
  CHECK(verdict.findings[0].attempt == 7777);
  CHECK(verdict.findings[0].script == "07777.lua");
}

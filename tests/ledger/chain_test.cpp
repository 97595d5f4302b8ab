#include "ledger/chain.hpp"

#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>
#include <map>
#include <set>
#include <string>

#include "ledger/ledger_1.hpp"
#include "ledger/ledger_fixture.hpp"
#include "ledger/schema.hpp"

using core::OutcomeKind;
using ledger::Ledger;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

void one_run(const LedgerFixture& fixture, OutcomeKind outcome) {
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  ledger::Finished finished = ended(outcome);
  finished.lines = {{{1600}, core::LineLevel::info, "first"}, {{1700}, core::LineLevel::warn, "second"}};
  LedgerFixture::attempt(ledger, run, script_of("001_x.lua", "return {}"), finished);
  ledger.end_run(run, {.at = {3000}, .scripts = 1, .exit_code = 0});
}

std::vector<std::string> columns_of(const LedgerFixture& fixture, const std::string& table) {
  SQLite::Database database(fixture.path, SQLite::OPEN_READONLY);
  SQLite::Statement query(database, "SELECT name FROM pragma_table_info('" + table + "')");
  std::vector<std::string> columns;
  while (query.executeStep()) columns.push_back(query.getColumn(0).getString());
  REQUIRE(columns.size() > 2);
  return columns;
}

// Tables, indexes and triggers, without comments and layout.
std::map<std::string, std::string> objects_of(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement query(database, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL");
  std::map<std::string, std::string> objects;
  while (query.executeStep()) {
    std::string& text = objects[query.getColumn(0).getString()];
    bool in_comment = false;
    const std::string sql = query.getColumn(1).getString();
    for (std::size_t at = 0; at < sql.size(); ++at) {
      if (sql.compare(at, 2, "--") == 0) in_comment = true;
      if (sql[at] == '\n') in_comment = false;
      if (!in_comment && sql[at] != ' ' && sql[at] != '\n') text += sql[at];
    }
  }
  return objects;
}

constexpr const char* k_rows_1 = R"sql(
  INSERT INTO runs (trigger, by, host, pid, command, fettle, started_at, finished_at, exit_code, scripts, failed)
    VALUES ('manual', 'anna', 'h', 1, 'fettle run', '0.1.0', 1000, 5000, 4, 2, 1);
  INSERT INTO runs (trigger, by, host, pid, command, fettle, started_at)
    VALUES ('manual', 'bert', 'h', 2, 'fettle run', '0.1.0', 6000);
  INSERT INTO versions VALUES ('aa', 0, x'', 1000);
  INSERT INTO attempts (run, script, sha256, state, started_at) VALUES (1, 'late.lua', 'aa', 'new', 1100);
  INSERT INTO attempts (run, script, sha256, state, started_at, outcome, finished_at, moved_to)
    VALUES (1, 'x.lua', 'aa', 'new', 1200, 'failed', 1300, 'failed/x.lua');
  UPDATE attempts SET outcome = 'interrupted', finished_at = 6100 WHERE id = 1;
  INSERT INTO attempts (run, script, sha256, state, started_at) VALUES (2, 'y.lua', 'aa', 'new', 6200);
  INSERT INTO log_lines VALUES (2, 1, 1250, 'info', 'hello');
  INSERT INTO events (at, verb, by, host) VALUES (5500, 'retry', 'anna', 'h');
)sql";

}  // namespace

TEST_CASE("the chain grows by one entry for each fact that becomes final, in that order") {
  const LedgerFixture fixture;
  one_run(fixture, OutcomeKind::failed);
  fixture.open().record(
      {.verb = "retry", .script = "x", .by = "a", .host = "h", .reason = "", .detail = "", .at = {4}});
  CHECK(fixture.ask("SELECT group_concat(position || ' ' || kind || ' ' || ref, ', ') FROM chain") ==
        "1 run_start 1, 2 attempt 1, 3 run_end 1, 4 event 1");
  CHECK(fixture.ask("SELECT min(length(hash)) || ' ' || max(length(content)) FROM chain") == "64 64");
  CHECK(fixture.ask("SELECT count(DISTINCT hash) FROM chain") == "4");
}

TEST_CASE("an attempt that still runs is not in the chain") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const std::int64_t first =
      ledger.begin_attempt({.run = run, .script = script_of("a.lua", ""), .state = "new", .at = {1}});
  CHECK(fixture.history().head().position == 1);
  ledger.finish_then_begin(first, ended(OutcomeKind::succeeded),
                           {.run = run, .script = script_of("b.lua", ""), .state = "new", .at = {1}});
  CHECK(fixture.history().head().position == 2);
}

TEST_CASE("the head stays the same however often the ledger is opened, and where a file went does not change it") {
  const LedgerFixture fixture;
  { const Ledger made = fixture.open(); }
  const ledger::Head empty = fixture.history().head();
  CHECK(empty.position == 0);
  CHECK(empty.hash == ledger::beginning(fixture.open().id()));
  one_run(fixture, OutcomeKind::succeeded);
  const std::string head = ledger::describe(fixture.history().head());
  {
    Ledger ledger = fixture.open();
    ledger.set_moved_to(1, "successfully-ran/001_x.lua");
    ledger.moves_are_durable();
  }
  CHECK(ledger::describe(fixture.history().head()) == head);
  one_run(fixture, OutcomeKind::succeeded);
  CHECK(ledger::describe(fixture.history().head()) != head);
}

TEST_CASE("every ledger has an id of its own that stays") {
  const LedgerFixture one;
  const LedgerFixture other;
  const std::string id = one.open().id();
  CHECK(id.size() == 32);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(one.open().id() == id);
  CHECK(one.history().about().id == id);
  CHECK(other.open().id() != id);
}

TEST_CASE("two ledgers with the same content have different chains") {
  const LedgerFixture one;
  const LedgerFixture other;
  one_run(one, OutcomeKind::succeeded);
  one_run(other, OutcomeKind::succeeded);
  CHECK(one.history().head().hash != other.history().head().hash);
}

TEST_CASE("digests tell apart what runs into each other when it is written side by side") {
  const auto digest = [](auto... texts) {
    ledger::Canonical row;
    (row.text(texts), ...);
    return row.digest();
  };
  CHECK(digest("ab", "c") != digest("a", "bc"));
  CHECK(digest("a") != digest("a", ""));
  CHECK(ledger::Canonical().null().digest() != ledger::Canonical().text("").digest());
  CHECK(ledger::Canonical().number(1).digest() != ledger::Canonical().text("1").digest());
  CHECK(ledger::Canonical().number(-1).digest() != ledger::Canonical().number(255).digest());
}

TEST_CASE("a digest can be made anew by hand from what schema.sql says") {
  const std::string bytes =
      std::string("n") + std::string("i\x02\x01\0\0\0\0\0\0", 9) + std::string("t\x03\0\0\0\0\0\0\0", 9) + "abc";
  CHECK(ledger::Canonical().null().number(258).text("abc").digest() == base::sha256_hex(bytes));
}

TEST_CASE("a head is told in one word and understood again") {
  const std::string hash(64, 'a');
  const auto head = ledger::head_from("12:" + hash);
  REQUIRE(head);
  CHECK(head->position == 12);
  CHECK(ledger::describe(*head) == "12:" + hash);
  for (const std::string& wrong : {std::string(), std::string("12"), "12:" + hash + "a", "-1:" + hash, ":" + hash,
                                   "x:" + hash, "12:" + std::string(64, 'G'), "12 " + hash})
    CHECK_FALSE_MESSAGE(ledger::head_from(wrong), wrong);
}

TEST_CASE("an accident is refused by a trigger that says its name") {
  const LedgerFixture fixture;
  one_run(fixture, OutcomeKind::failed);
  fixture.open().record(
      {.verb = "retry", .script = "x", .by = "a", .host = "h", .reason = "", .detail = "", .at = {4}});
  {
    Ledger ledger = fixture.open();
    ledger.set_moved_to(1, "failed/001_x.lua");
    ledger.moves_are_durable();
  }
  const auto refusal = [&](const std::string& sql) {
    try {
      fixture.change(sql);
    } catch (const SQLite::Exception& failure) {
      const std::string what = failure.what();
      return what.substr(0, what.find(':'));
    }
    return std::string("done: " + sql);
  };
  for (const std::string& column : columns_of(fixture, "attempts"))
    CHECK(refusal("UPDATE attempts SET " + column + " = " + column) ==
          (column == "moved_to" ? "attempts_are_filed_once" : "attempts_are_final"));
  for (const std::string& column : columns_of(fixture, "runs"))
    CHECK(refusal("UPDATE runs SET " + column + " = " + column).starts_with("runs_"));
  const std::set<std::string> tables = {"attempts", "log_lines", "versions", "events", "runs", "chain", "ledger"};
  for (const std::string& table : tables)
    CHECK(refusal("DELETE FROM " + table) == table + (table.ends_with('s') ? "_are_kept" : "_is_kept"));
  for (const std::string table : {"log_lines", "versions", "events", "chain", "ledger"})
    for (const std::string& column : columns_of(fixture, table))
      CHECK(refusal("UPDATE " + table + " SET " + column + " = " + column) ==
            table + (table.ends_with('s') ? "_are_final" : "_is_final"));
}

TEST_CASE("what is under way may be written: counts of a run, the end of an attempt, where its file went") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const std::int64_t id = LedgerFixture::attempt(ledger, run, script_of("x.lua", ""), ended(OutcomeKind::succeeded));
  ledger.end_run(run, {.at = {3}, .scripts = 1, .exit_code = 0});
  ledger.set_moved_to(id, "successfully-ran/x.lua");
  CHECK_NOTHROW(ledger.moves_are_durable());
}

TEST_CASE("an attempt of a run that has ended can still be closed") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const std::int64_t id =
      ledger.begin_attempt({.run = run, .script = script_of("a.lua", ""), .state = "new", .at = {1}});
  ledger.end_run(run, {.at = {3}, .scripts = 1, .exit_code = 1});
  CHECK_NOTHROW(ledger.finish_attempt(id, ended(OutcomeKind::interrupted)));
  CHECK(fixture.history().verify({}).findings.empty());
}

TEST_CASE("a ledger of version 1 keeps everything and gets a chain over it, in the order in which things ended") {
  const LedgerFixture fixture;
  fixture.scratch.make_folder("state");
  support::make_ledger_1(fixture.path, k_rows_1);
  const std::string before = fixture.ask("SELECT group_concat(quote(script) || outcome || moved_to) FROM attempts");
  { const Ledger migrated = fixture.open(); }
  CHECK(fixture.ask("PRAGMA user_version") == std::to_string(ledger::k_version));
  SQLite::Database kept(fixture.path + ".schema-1", SQLite::OPEN_READONLY);  // as it was
  CHECK(kept.execAndGet("PRAGMA user_version").getInt() == 1);
  CHECK(kept.execAndGet("SELECT count(*) FROM attempts").getInt() == 3);
  CHECK(fixture.ask("SELECT group_concat(quote(script) || outcome || moved_to) FROM attempts") == before);
  CHECK(fixture.ask("SELECT text FROM log_lines") == "hello");
  CHECK(fixture.ask("SELECT group_concat(kind || ' ' || ref, ', ') FROM chain") ==
        "run_start 1, attempt 2, run_end 1, event 1, run_start 2, attempt 1");
  CHECK(fixture.history().about().since == base::Instant{1000});
  Ledger ledger = fixture.open();
  ledger.finish_attempt(3, ended(OutcomeKind::interrupted));
  const ledger::Verdict verdict = fixture.history().verify({});
  REQUIRE(verdict.findings.size() == 1);  // the made-up text of the made-up version
  CHECK(verdict.findings[0].kind == ledger::FindingKind::text_changed);
  CHECK(verdict.head.position == 7);
}

TEST_CASE("a ledger that was brought up to date has the very schema of a new one") {
  const LedgerFixture fixture;
  const LedgerFixture fresh;
  fixture.scratch.make_folder("state");
  support::make_ledger_1(fixture.path, "");
  { const Ledger migrated = fixture.open(); }
  { const Ledger made = fresh.open(); }
  CHECK(objects_of(fixture.path) == objects_of(fresh.path));
}

TEST_CASE("reading a ledger of version 1 says how it is brought up to date") {
  const LedgerFixture fixture;
  fixture.scratch.make_folder("state");
  support::make_ledger_1(fixture.path, k_rows_1);
  CHECK_THROWS_WITH(fixture.history(), doctest::Contains("schema 1, too old"));
}

TEST_CASE("a ledger of an older version is brought up to date by the next run, and says so until then") {
  for (const std::size_t steps : {1U, 2U, 3U}) {
    CAPTURE(steps);
    const LedgerFixture fixture;
    const LedgerFixture fresh;
    fixture.scratch.make_folder("state");
    support::make_ledger_1(fixture.path, k_rows_1);
    {
      SQLite::Database database(fixture.path, SQLite::OPEN_READWRITE);
      ledger::migrate(database, ledger::migration_steps().first(steps));
    }
    const std::string before =
        fixture.ask("SELECT group_concat(id || quote(script) || outcome || sha256) FROM attempts");
    CHECK_THROWS_WITH(fixture.history(), doctest::Contains("too old to be read"));
    { const Ledger migrated = fixture.open(); }
    CHECK(fixture.ask("PRAGMA user_version") == std::to_string(ledger::k_version));
    CHECK(fixture.ask("SELECT group_concat(id || quote(script) || outcome || sha256) FROM attempts") == before);
    CHECK(fixture.history().attempts({}).size() == 3);
    { const Ledger made = fresh.open(); }
    CHECK(objects_of(fixture.path) == objects_of(fresh.path));
  }
}

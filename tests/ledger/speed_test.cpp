// Counts the steps of SQLite's virtual machine instead of time: the same on every machine, under any load.
#include <algorithm>
#include <array>
#include <cstdint>
#include <doctest/doctest.h>
#include <functional>
#include <map>
#include <sqlite3.h>
#include <string>

#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using ledger::Filter;
using ledger::History;
using support::LedgerFixture;

namespace {

std::int64_t g_steps = 0;

int count_steps(unsigned /*event*/, void* /*context*/, void* statement, void* /*duration*/) {
  g_steps += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
  return 0;
}

int watch(sqlite3* database, char** /*error*/, const struct sqlite3_api_routines* /*api*/) {
  return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, count_steps, nullptr);
}

// While it lives, every new connection has its steps counted.
struct Counting {
  Counting() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch)); }
  ~Counting() { sqlite3_reset_auto_extension(); }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;
};

// Attempts of ten scripts, nearly all succeeded, in runs of 100.
void fill(const LedgerFixture& fixture, int attempts) {
  { const ledger::Ledger made = fixture.open(); }
  const std::string rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";
  fixture.change("INSERT INTO versions VALUES ('s', 0, x'', 0), ('t', 0, x'', 0)");
  fixture.change(rows + std::to_string(attempts / 100) +
                 ") INSERT INTO runs (trigger, by, host, pid, command, fettle, started_at) "
                 "SELECT 'manual', 'a', 'h', 1, 'c', '0', 0 FROM n");
  fixture.change(rows + std::to_string(attempts) +
                 ") INSERT INTO attempts (run, script, sha256, state, outcome, started_at, finished_at) SELECT "
                 "1 + (i - 1) / 100, printf('%03d_x.lua', i % 10), CASE i % 2 WHEN 1 THEN 's' ELSE 't' END, 'new', "
                 "CASE WHEN i % 100 = 7 THEN 'failed' ELSE 'succeeded' END, 0, 0 FROM n");
  fixture.change("UPDATE attempts SET moved_to = 'x/' || script");
  fixture.change("INSERT INTO chain SELECT id, 'attempt', id, '', NULL, '' FROM attempts");
}

// Of a list whose newest attempts were told already.
Filter page_of(std::string script, std::optional<OutcomeKind> outcome) {
  Filter filter;
  filter.script = std::move(script);
  filter.outcome = outcome;
  filter.limit = 3;
  filter.before = 500;
  return filter;
}

using Question = std::function<void(const History&)>;

const std::map<std::string, Question>& questions() {
  static const std::map<std::string, Question> all = {
      {"known", [](const History& history) { CHECK(history.known("003_x.lua", "s").same_version); }},
      {"known, other bytes", [](const History& history) { CHECK_FALSE(history.known("003_x.lua", "u").same_version); }},
      {"known, these bytes under another name",
       [](const History& history) { CHECK_FALSE(history.known("003_x.lua", "t").same_version); }},
      {"latest", [](const History& history) { CHECK(history.latest("003_x.lua")); }},
      {"last run", [](const History& history) { CHECK(history.last_run()); }},
      {"in work", [](const History& history) { CHECK_FALSE(history.in_work()); }},
      {"newest", [](const History& history) { CHECK(history.attempts({}).size() == 20); }},
      {"failed ones",
       [](const History& history) {
         CHECK(history.attempts({.script = "", .outcome = OutcomeKind::failed, .run = 0, .limit = 5}).size() == 5);
       }},
      {"of a run",
       [](const History& history) {
         CHECK(history.attempts({.script = "", .outcome = {}, .run = 2, .limit = 20}).size() == 20);
       }},
      {"failed ones of a run",
       [](const History& history) {
         CHECK(history.attempts({.script = "", .outcome = OutcomeKind::failed, .run = 2, .limit = 20}).size() == 1);
       }},
      {"failed ones of a script and a run",
       [](const History& history) {
         CHECK(history.attempts({.script = "007_x.lua", .outcome = OutcomeKind::failed, .run = 2}).size() == 1);
       }},
      {"of somebody",
       [](const History& history) { CHECK(history.attempts({.script = {}, .outcome = {}, .by = "a"}).size() == 20); }},
      {"since a time that has not come",
       [](const History& history) {
         CHECK(history.attempts({.script = {}, .outcome = {}, .since = base::Instant{1'000'000'000'000}}).empty());
       }},
      {"until a time before all",
       [](const History& history) {
         CHECK(history.attempts({.script = {}, .outcome = {}, .until = base::Instant{-1'000'000'000'000}}).empty());
       }},
      {"open questions", [](const History& history) { CHECK(history.open_questions().empty()); }},
      {"a page behind another", [](const History& history) { CHECK(history.attempts(page_of({}, {})).size() == 3); }},
      {"a page of what failed behind another",
       [](const History& history) { CHECK(history.attempts(page_of({}, OutcomeKind::failed)).size() == 3); }},
      {"a page of one script behind another",
       [](const History& history) { CHECK(history.attempts(page_of("003_x.lua", {})).size() == 3); }},
      {"a word among a few",
       [](const History& history) {
         Filter filter = page_of({}, {});
         filter.limit = 20;
         filter.after = 399;
         filter.text = "003";
         CHECK(history.attempts(filter).size() == 10);
       }},
      {"names that hold a word", [](const History& history) { CHECK(history.names_with("3_x", 5).size() == 1); }},
      {"a page of runs", [](const History& history) { CHECK(history.runs(5, 9).size() == 5); }},
      {"one run", [](const History& history) { CHECK(history.run(3)); }},
      {"head", [](const History& history) { CHECK(history.head().position > 0); }},
      {"one", [](const History& history) { CHECK(history.attempt(77)); }},
      {"names", [](const History& history) { CHECK(history.names_like("7").size() == 1); }},
  };
  return all;
}

std::map<std::string, std::int64_t> steps_with(int attempts) {
  const LedgerFixture fixture;
  fill(fixture, attempts);
  const Counting counting;
  std::map<std::string, std::int64_t> steps;
  for (const auto& [name, ask] : questions()) {
    const History history = fixture.history();
    g_steps = 0;
    ask(history);
    steps[name] = g_steps;
  }
  return steps;
}

}  // namespace

TEST_CASE("no question takes longer because the ledger holds a hundred times as many attempts") {
  const auto few = steps_with(1'000);
  const auto many = steps_with(100'000);
  for (const auto& [name, steps] : few) {
    CAPTURE(name);
    CHECK(steps > 0);
    constexpr std::array k_by_halves = {"of a run", "and a run", "of somebody", "since a", "until a"};
    const bool by_halves = std::any_of(k_by_halves.begin(), k_by_halves.end(), [&name](const char* words) {
      return name.find(words) != std::string::npos;  // a search that takes seven rounds more, twice
    });
    CHECK(many.at(name) <= steps + (by_halves ? 200 : 10));
  }
}

TEST_CASE("a script's past is known at once, whatever it consists of") {
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ";
  const std::map<std::string, std::string> pasts = {
      {"applied once, asked and skipped ever since", "'s', 'skipped'"},
      {"applied again and again", "'s', 'succeeded'"},
      {"applied with other bytes each time", "printf('%064d', i), 'succeeded'"},
  };
  const auto steps = [&](const std::string& past, int attempts) {
    const LedgerFixture fixture;
    { const ledger::Ledger made = fixture.open(); }
    const std::string into =
        "INSERT INTO attempts (run, script, state, started_at, finished_at, sha256, outcome) SELECT 1, 'x.lua', 'new', "
        "0, 0, ";
    fixture.change(into + "'s', 'succeeded'");
    fixture.change(numbers + std::to_string(attempts) + ") " + into + past + " FROM n");
    const Counting counting;
    const History history = fixture.history();
    g_steps = 0;
    const core::Known known = history.known("x.lua", "s");
    CHECK(known.applied);
    CHECK(known.same_version);
    return g_steps;
  };
  for (const auto& [name, past] : pasts) {
    CAPTURE(name);
    const std::int64_t few = steps(past, 1'000);
    CHECK(few > 0);
    CHECK(steps(past, 100'000) <= few + 10);
  }
}

TEST_CASE("an outcome that never occurred is not looked for in all attempts") {
  const auto steps = [](int attempts) {
    const LedgerFixture fixture;
    fill(fixture, attempts);
    const Counting counting;
    const History history = fixture.history();
    g_steps = 0;
    CHECK(history.attempts({.script = "", .outcome = OutcomeKind::unknown, .run = 0, .limit = 20}).empty());
    return g_steps;
  };
  const std::int64_t few = steps(1'000);
  CHECK(few > 0);
  CHECK(steps(100'000) <= few + 10);
}

TEST_CASE("what a writer asks before each script takes no longer either") {
  const auto steps = [](int attempts) {
    const LedgerFixture fixture;
    fill(fixture, attempts);
    const Counting counting;
    const ledger::Ledger ledger = fixture.open();
    g_steps = 0;
    CHECK(ledger.unfinished().empty());
    CHECK(ledger.known("003_x.lua", "s").applied);
    return g_steps;
  };
  const std::int64_t few = steps(1'000);
  CHECK(few > 0);
  CHECK(steps(100'000) <= few + 10);
}

TEST_CASE("what recovery asks, and recording an attempt with its place in the chain, takes no longer either") {
  const auto steps = [](int attempts) {
    const LedgerFixture fixture;
    fill(fixture, attempts);
    const Counting counting;
    ledger::Ledger ledger = fixture.open();
    g_steps = 0;
    CHECK(ledger.unfiled().empty());
    CHECK(ledger.unfiled(core::Skipped::keep).empty());
    CHECK(ledger.interruptions("003_x.lua", "s") == 0);
    const std::int64_t run = ledger.begin_run(support::run_of("anna"));
    LedgerFixture::attempt(ledger, run, support::script_of("y.lua", ""), support::ended(OutcomeKind::succeeded));
    ledger.end_run(run, {});
    return g_steps;
  };
  const std::int64_t few = steps(1'000);
  CHECK(few > 0);
  CHECK(steps(100'000) <= few + 10);
}

TEST_CASE("a glance at what became of scripts reads no more rows than it was told, however many there are") {
  const auto steps = [](int attempts) {
    const LedgerFixture fixture;
    fill(fixture, attempts);
    const Counting counting;
    const History history = fixture.history();
    g_steps = 0;
    CHECK_FALSE(history.glance_at_fates(5));
    return g_steps;
  };
  const std::int64_t few = steps(1'000);
  CHECK(few > 0);
  CHECK(steps(100'000) <= few + 10);
}

#include "ledger/history.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using ledger::Filter;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

using Ids = std::vector<std::int64_t>;

Ids ids_of(const std::vector<ledger::Attempt>& attempts) {
  Ids ids;
  for (const ledger::Attempt& attempt : attempts) ids.push_back(attempt.id);
  return ids;
}

// Attempts 1 to 6: two runs, two scripts, the last attempt has not ended.
void fill(ledger::Ledger& ledger) {
  const std::int64_t first = ledger.begin_run(run_of("anna"));
  LedgerFixture::attempt(ledger, first, script_of("a.lua", "1"), ended(OutcomeKind::failed));
  LedgerFixture::attempt(ledger, first, script_of("b.lua", "2"), ended(OutcomeKind::succeeded));
  ledger.end_run(first, {.at = {3000}, .scripts = 2, .exit_code = 4});
  const std::int64_t second = ledger.begin_run(run_of("bert"));
  LedgerFixture::attempt(ledger, second, script_of("a.lua", "1"), ended(OutcomeKind::failed));
  LedgerFixture::attempt(ledger, second, script_of("a.lua", "3"), ended(OutcomeKind::succeeded));
  LedgerFixture::attempt(ledger, second, script_of("b.lua", "2"), ended(OutcomeKind::skipped));
  ledger.begin_attempt({.run = second, .script = script_of("a.lua", "4"), .state = "changed", .at = {9}});
}

}  // namespace

TEST_CASE("attempts are listed newest first, by what is asked for") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  fill(ledger);
  const ledger::History history = fixture.history();
  const auto listed = [&](Filter filter) { return ids_of(history.attempts(filter)); };

  CHECK(listed({}) == Ids{6, 5, 4, 3, 2, 1});
  CHECK(listed({.script = "", .outcome = {}, .run = 0, .limit = 2}) == Ids{6, 5});
  CHECK(listed({.script = "", .outcome = {}, .run = 0, .limit = 0}).size() == 6);
  CHECK(listed({.script = "a.lua", .outcome = {}, .run = 0, .limit = 20}) == Ids{6, 4, 3, 1});
  CHECK(listed({.script = "a", .outcome = {}, .run = 0, .limit = 20}).empty());
  CHECK(listed({.script = "", .outcome = OutcomeKind::failed, .run = 0, .limit = 20}) == Ids{3, 1});
  CHECK(listed({.script = "", .outcome = {}, .run = 1, .limit = 20}) == Ids{2, 1});
  CHECK(listed({.script = "b.lua", .outcome = OutcomeKind::skipped, .run = 2, .limit = 20}) == Ids{5});
  CHECK(listed({.script = "b.lua", .outcome = OutcomeKind::failed, .run = 0, .limit = 20}).empty());
  CHECK(listed({.script = "", .outcome = OutcomeKind::succeeded, .run = 2, .limit = 20}) == Ids{4});
  CHECK(history.attempts({.script = "", .outcome = {}, .run = 1, .limit = 1}).at(0).by == "anna");
}

TEST_CASE("one attempt, the newest of a script, and the one in work") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  CHECK_FALSE(fixture.history().in_work());
  CHECK_FALSE(fixture.history().last_run());
  fill(ledger);
  const ledger::History history = fixture.history();
  CHECK(history.attempt(3)->by == "bert");
  CHECK_FALSE(history.attempt(7));
  CHECK(history.latest("a.lua")->id == 6);
  CHECK(history.latest("b.lua")->id == 5);
  CHECK_FALSE(history.latest("c.lua"));
  CHECK_FALSE(history.latest(""));
  CHECK(history.in_work()->id == 6);
  CHECK(history.last_run()->by == "bert");
  CHECK(history.lines(1).empty());
}

TEST_CASE("runs are listed newest first, a page at a time, and found by the process that began them") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  fill(ledger);
  const ledger::History history = fixture.history();
  REQUIRE(history.runs(0).size() == 2);
  CHECK(history.runs(0)[0].by == "bert");
  CHECK(history.runs(1).size() == 1);
  REQUIRE(history.runs(5, 2).size() == 1);
  CHECK(history.runs(5, 2)[0].by == "anna");
  CHECK(history.runs(5, 1).empty());
  CHECK(history.run(1)->counts.succeeded == 1);
  CHECK(history.run(1)->exit_code == 4);
  CHECK_FALSE(history.run(3));
  const ledger::Run run = *history.run(2);
  CHECK(history.run_of_process(run.pid, run.host, run.started) == 2);
  CHECK(history.run_of_process(run.pid, run.host, {run.started.milliseconds + 1}) == 0);
  CHECK(history.run_of_process(run.pid + 1, run.host, run.started) == 0);
  CHECK(history.run_of_process(run.pid, "elsewhere", run.started) == 0);
}

TEST_CASE("attempts that have ended are tallied once each, up to one that has not") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  fill(ledger);
  const ledger::History history = fixture.history();
  ledger::Tally tally;
  history.add_to(tally);
  CHECK(tally.last == 5);
  CHECK(tally.outcomes == std::map<std::string, std::int64_t>{{"failed", 2}, {"skipped", 1}, {"succeeded", 2}});
  history.add_to(tally);
  CHECK(tally.outcomes.at("failed") == 2);
  ledger.finish_attempt(6, ended(OutcomeKind::failed));
  history.add_to(tally);
  CHECK(tally.last == 6);
  CHECK(tally.outcomes.at("failed") == 3);
}

TEST_CASE("events are listed newest first, a page at a time") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  for (const char* verb : {"pause", "resume", "retry"})
    ledger.record(
        {.verb = verb, .script = "a.lua", .by = "anna", .host = "h", .reason = "why", .detail = "what", .at = {7}});
  const ledger::History history = fixture.history();
  const std::vector<ledger::RecordedEvent> all = history.events(10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].event.verb == "retry");
  CHECK(all[0].event.script == "a.lua");
  CHECK(all[0].event.by == "anna");
  CHECK(all[0].event.reason == "why");
  CHECK(all[0].event.detail == "what");
  CHECK(all[0].event.at == base::Instant{7});
  const std::vector<ledger::RecordedEvent> page = history.events(1, all[0].id);
  REQUIRE(page.size() == 1);
  CHECK(page[0].event.verb == "resume");
  CHECK(history.events(5, all[2].id).empty());
}

TEST_CASE("a reader sees that somebody else has written") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const ledger::History history = fixture.history();
  const std::int64_t before = history.version();
  CHECK(history.version() == before);
  fill(ledger);
  CHECK(history.version() != before);
}

TEST_CASE("a script is found by name, stem and number, as people type them") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  for (const char* name : {"007_x.lua", "007-y.lua", "0071_z.lua", "70_t.lua", "12_a.lua", "012_b.lua", "0.lua",
                           "fix.lua", "fix.2.lua", "007_x.lua", "20261121-late.lua", "7"})
    LedgerFixture::attempt(ledger, run, script_of(name, ""), ended(OutcomeKind::failed));
  const ledger::History history = fixture.history();
  using Names = std::vector<std::string>;

  CHECK(history.names_like("007_x.lua") == Names{"007_x.lua"});
  CHECK(history.names_like("007_x") == Names{"007_x.lua"});
  CHECK(history.names_like("007") == Names{"007-y.lua", "007_x.lua"});
  CHECK(history.names_like("0071") == Names{"0071_z.lua"});
  CHECK(history.names_like("71") == Names{"0071_z.lua"});
  CHECK(history.names_like("7") == Names{"7"});
  CHECK(history.names_like("07") == Names{"007-y.lua", "007_x.lua", "7"});
  CHECK(history.names_like("12") == Names{"12_a.lua"});
  CHECK(history.names_like("0012") == Names{"012_b.lua", "12_a.lua"});
  CHECK(history.names_like("000") == Names{"0.lua"});
  CHECK(history.names_like("20261121") == Names{"20261121-late.lua"});
  CHECK(history.names_like("fix") == Names{"fix.lua"});
  CHECK(history.names_like("fix.2") == Names{"fix.2.lua"});
  CHECK(history.names_like("f").empty());
  CHECK(history.names_like("").empty());
  CHECK(history.names_like("%").empty());
}

TEST_CASE("a reader that was open before sees what was written since") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const ledger::History history = fixture.history();
  CHECK(history.attempts({}).empty());
  fill(ledger);
  CHECK(history.attempts({}).size() == 6);
}

TEST_CASE("of many names those are found that were ever attempted") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  for (const char* name : {"b.lua", "d.lua", "d.lua", "e.lua", "z.lua"})
    LedgerFixture::attempt(ledger, run, script_of(name, "x"), ended(OutcomeKind::failed));
  const ledger::History history = fixture.history();
  using Names = std::vector<std::string>;
  CHECK(history.attempted({}).empty());
  CHECK(history.attempted({"a.lua", "b.lua", "c.lua", "d.lua", "e.lua", "f.lua"}) == Names{"b.lua", "d.lua", "e.lua"});
  CHECK(history.attempted({"a.lua", "c.lua", "x.lua"}).empty());
  CHECK(history.attempted({"z.lua", "zz.lua"}) == Names{"z.lua"});
  CHECK(history.attempted({"b.lua", "b.lua\xff", "z.lu"}) == Names{"b.lua"});
}

#include "ledger/ledger.hpp"

#include <doctest/doctest.h>
#include <string>

#include "base/error.hpp"
#include "ledger/ledger_fixture.hpp"
#include "support/child.hpp"

using core::OutcomeKind;
using ledger::Ledger;
using std::chrono::microseconds;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

TEST_CASE("a run's whole life can be read while it is being written") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const core::Script script = script_of("001_x.lua", "return {}");
  const std::int64_t attempt = ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = {1500}});
  const ledger::History history = fixture.history();

  REQUIRE(history.in_work());
  CHECK(history.in_work()->id == attempt);
  CHECK(history.in_work()->script == "001_x.lua");
  CHECK_FALSE(history.in_work()->ended_as);
  CHECK(history.last_run()->id == run);
  CHECK_FALSE(history.last_run()->finished);
  CHECK_FALSE(history.last_run()->exit_code);

  ledger.finish_attempt(attempt, ended(OutcomeKind::succeeded));
  CHECK_FALSE(history.in_work());
  CHECK(history.attempt(attempt)->ended_as == OutcomeKind::succeeded);
  CHECK(history.last_run()->counts.succeeded == 1);

  ledger.set_moved_to(attempt, "successfully-ran/001_x.lua");
  ledger.moves_are_durable();
  ledger.end_run(run, {.at = {3000}, .scripts = 1, .exit_code = 0});
  CHECK(history.attempt(attempt)->moved_to == "successfully-ran/001_x.lua");
  CHECK(history.last_run()->finished == base::Instant{3000});
  CHECK(history.last_run()->exit_code == 0);
  CHECK(history.last_run()->scripts == 1);
}

TEST_CASE("every field of a run comes back as it was given") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run({.trigger = "schedule",
                                             .by = "an\xff"
                                                   "na",
                                             .host = "höst",
                                             .reason = "ticket\n7",
                                             .command = "fettle run --by 'x'",
                                             .pid = 4'000'000'000,
                                             .at = {1'795'256'940'123}});
  ledger.end_run(run, {.at = {1'795'256'941'456}, .scripts = 12, .exit_code = 143});
  const ledger::Run read = fixture.history().last_run().value();
  CHECK(read.id == run);
  CHECK(read.trigger == "schedule");
  CHECK(read.by ==
        "an\xff"
        "na");
  CHECK(read.host == "höst");
  CHECK(read.reason == "ticket\n7");
  CHECK(read.command == "fettle run --by 'x'");
  CHECK(read.pid == 4'000'000'000);
  CHECK(read.started == base::Instant{1'795'256'940'123});
  CHECK(read.finished == base::Instant{1'795'256'941'456});
  CHECK(read.exit_code == 143);
  CHECK(read.scripts == 12);
  CHECK(read.counts.total() == 0);
  CHECK(fixture.ask("SELECT fettle FROM runs") == FETTLE_VERSION);
}

TEST_CASE("every field of an attempt comes back as it was given") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::string name = "007_\xc3\x28\xff x'\n;.lua";
  const core::Script script = script_of(name, std::string("return {}\0\xff", 11));
  const std::int64_t run = ledger.begin_run({.trigger = "web",
                                             .by = "anna",
                                             .host = "host-a",
                                             .reason = "why not",
                                             .command = "fettle run 007",
                                             .pid = 7,
                                             .at = {1000}});
  const std::int64_t id = ledger.begin_attempt({.run = run, .script = script, .state = "changed", .at = {1234}});
  ledger::Finished finished;
  finished.outcome = {.kind = OutcomeKind::failed,
                      .cause = core::Cause::timeout,
                      .reason = "a reason",
                      .message = std::string("mess\0age", 8),
                      .result = R"({"rows":3})",
                      .error = std::string(1U << 20U, 'e') + '\xfe',
                      .traceback = "stack\n\ttraceback",
                      .until = {}};
  finished.declaration.description = "does things";
  finished.declaration.repeatable = true;
  finished.database = "main";
  finished.measures = {.load = microseconds(1),
                       .should_run = microseconds(2),
                       .execute = microseconds(3),
                       .commit = microseconds(4),
                       .total = microseconds(10'000'000'000),
                       .cpu = microseconds(6),
                       .peak_memory = std::uint64_t{9} << 32U,
                       .statements = 8,
                       .rows_changed = 9,
                       .worker_sandbox = "landlock 7, seccomp, limits",
                       .broker_sandbox = "seccomp"};
  finished.lines = {{{10}, core::LineLevel::debug, std::string("a\0b", 3)},
                    {{11}, core::LineLevel::info, ""},
                    {{12}, core::LineLevel::warn, "\xff\xfe"},
                    {{13}, core::LineLevel::error, "two\nlines"}};
  finished.at = {5678};
  ledger.finish_attempt(id, finished);
  ledger.set_moved_to(id, "failed/" + name);
  ledger.moves_are_durable();
  ledger.end_run(run, {.at = {6000}, .scripts = 1, .exit_code = 4});

  const ledger::History history = fixture.history();
  const ledger::Attempt read = history.attempt(id).value();
  CHECK(read.id == id);
  CHECK(read.run == run);
  CHECK(read.script == name);
  CHECK(read.sha256 == script.sha256);
  CHECK(read.state == "changed");
  CHECK(read.ended_as == OutcomeKind::failed);
  CHECK(read.outcome.kind == OutcomeKind::failed);
  CHECK(read.outcome.cause == core::Cause::timeout);
  CHECK(read.outcome.reason == finished.outcome.reason);
  CHECK(read.outcome.message == finished.outcome.message);
  CHECK(read.outcome.result == finished.outcome.result);
  CHECK((read.outcome.error == finished.outcome.error));
  CHECK(read.outcome.traceback == finished.outcome.traceback);
  CHECK(read.moved_to == "failed/" + name);
  CHECK(read.database == "main");
  CHECK(read.description == "does things");
  CHECK(read.repeatable);
  CHECK(read.started == base::Instant{1234});
  CHECK(read.finished == base::Instant{5678});
  CHECK(read.measures.load == finished.measures.load);
  CHECK(read.measures.should_run == finished.measures.should_run);
  CHECK(read.measures.execute == finished.measures.execute);
  CHECK(read.measures.commit == finished.measures.commit);
  CHECK(read.measures.total == finished.measures.total);
  CHECK(read.measures.cpu == finished.measures.cpu);
  CHECK(read.measures.peak_memory == finished.measures.peak_memory);
  CHECK(read.measures.statements == 8);
  CHECK(read.measures.rows_changed == 9);
  CHECK(read.measures.worker_sandbox == finished.measures.worker_sandbox);
  CHECK(read.measures.broker_sandbox == "seccomp");
  CHECK(read.trigger == "web");
  CHECK(read.by == "anna");
  CHECK(read.host == "host-a");
  CHECK(read.run_reason == "why not");
  CHECK(read.command == "fettle run 007");
  CHECK(history.text(read.sha256) == script.text);

  const std::vector<ledger::LogLine> lines = history.lines(id);
  REQUIRE(lines.size() == finished.lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i].at == finished.lines[i].at);
    CHECK(lines[i].level == finished.lines[i].level);
    CHECK(lines[i].text == finished.lines[i].text);
  }
}

TEST_CASE("what an attempt does not have is NULL, never an empty text") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  LedgerFixture::attempt(ledger, run, script_of("x.lua", ""), ended(OutcomeKind::succeeded));
  ledger.end_run(run, {});
  CHECK(
      fixture.ask("SELECT count(*) FROM attempts WHERE cause IS NULL AND reason IS NULL AND message IS NULL AND result "
                  "IS NULL AND error IS NULL AND traceback IS NULL AND moved_to IS NULL AND database IS NULL AND "
                  "description IS NULL AND worker_sandbox IS NULL AND broker_sandbox IS NULL") == "1");
}

TEST_CASE("a run counts its attempts by outcome as they end") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const core::Script script = script_of("x.lua", "return {}");
  const std::vector<std::pair<OutcomeKind, int>> ends = {{OutcomeKind::succeeded, 1},   {OutcomeKind::failed, 2},
                                                         {OutcomeKind::skipped, 3},     {OutcomeKind::blocked, 4},
                                                         {OutcomeKind::interrupted, 5}, {OutcomeKind::unknown, 6}};
  for (const auto& [kind, times] : ends)
    for (int i = 0; i < times; ++i) LedgerFixture::attempt(ledger, run, script, ended(kind));
  const core::Counts counts = fixture.history().last_run()->counts;
  CHECK(counts.succeeded == 1);
  CHECK(counts.failed == 2);
  CHECK(counts.skipped == 3);
  CHECK(counts.blocked == 4);
  CHECK(counts.interrupted == 5);
  CHECK(counts.unknown == 6);
}

TEST_CASE("a run in which nothing was attempted is recorded too") {
  const LedgerFixture fixture;
  {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    ledger.end_run(run, {.at = {3000}, .scripts = 0, .exit_code = 0});
  }
  CHECK(fixture.history().last_run()->exit_code == 0);
}

TEST_CASE("where a file went is not written before its move is known to be durable") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const std::int64_t first = LedgerFixture::attempt(ledger, run, script_of("x.lua", "x"), ended(OutcomeKind::failed));
  ledger.set_moved_to(first, "failed/x.lua");
  LedgerFixture::attempt(ledger, run, script_of("y.lua", "y"), ended(OutcomeKind::failed));
  ledger.settle();
  CHECK(fixture.history().attempt(first)->moved_to.empty());
  CHECK(ledger.unfiled().size() == 2);
  ledger.moves_are_durable();
  ledger.end_run(run, {});
  CHECK(fixture.history().attempt(first)->moved_to == "failed/x.lua");
}

TEST_CASE("where the file went is written even when nothing follows") {
  const LedgerFixture fixture;
  std::int64_t attempt = 0;
  {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    attempt = LedgerFixture::attempt(ledger, run, script_of("x.lua", ""), ended(OutcomeKind::failed));
    ledger.set_moved_to(attempt, "failed/x.lua");
    ledger.moves_are_durable();
  }
  CHECK(fixture.history().attempt(attempt)->moved_to == "failed/x.lua");
}

TEST_CASE("what the caller throws between takes nothing from the end of the attempt before") {
  for (const bool early : {true, false}) {
    const LedgerFixture fixture;
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    const std::int64_t first =
        ledger.begin_attempt({.run = run, .script = script_of("1.lua", "a"), .state = "new", .at = {1}});
    ledger::Meanwhile meanwhile;
    if (early)
      meanwhile.begun = [](std::int64_t) { throw base::Error(base::ErrorKind::internal, "no worker"); };
    else
      meanwhile.before_sync = [] { throw base::Error(base::ErrorKind::internal, "no worker"); };
    CHECK_THROWS_AS(
        ledger.finish_then_begin(first, ended(OutcomeKind::failed),
                                 {.run = run, .script = script_of("2.lua", "b"), .state = "new", .at = {2}}, meanwhile),
        base::Error);
    CHECK(fixture.history().attempt(first)->ended_as == OutcomeKind::failed);  // durable: another connection sees it
    CHECK(fixture.history().in_work()->script == "2.lua");
  }
}

TEST_CASE("the end of one attempt and the start of the next arrive together") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const std::int64_t first =
      ledger.begin_attempt({.run = run, .script = script_of("1.lua", "a"), .state = "new", .at = {1}});
  const std::int64_t second = ledger.finish_then_begin(
      first, ended(OutcomeKind::succeeded), {.run = run, .script = script_of("2.lua", "b"), .state = "new", .at = {2}});
  const ledger::History history = fixture.history();
  CHECK(second != first);
  CHECK(history.attempt(first)->ended_as == OutcomeKind::succeeded);
  CHECK(history.in_work()->id == second);
  CHECK(history.in_work()->script == "2.lua");
}

TEST_CASE("what a killed run left unfinished is known to the next, which may end it") {
  const LedgerFixture fixture;
  const core::Script script = script_of("\xff.lua", "b");
  support::in_child([&] {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    LedgerFixture::attempt(ledger, run, script_of("1.lua", "a"), ended(OutcomeKind::succeeded));
    ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = {1}});
    return 0;
  });
  Ledger ledger = fixture.open();
  const std::vector<Ledger::Unfinished> unfinished = ledger.unfinished();
  REQUIRE(unfinished.size() == 1);
  CHECK(unfinished[0].attempt == 2);
  CHECK(unfinished[0].script == script.name);
  CHECK(unfinished[0].sha256 == script.sha256);
  ledger.finish_attempt(2, ended(OutcomeKind::interrupted));
  CHECK(ledger.unfinished().empty());
  const ledger::Run run = fixture.history().last_run().value();
  CHECK(run.counts.interrupted == 1);
  CHECK_FALSE(run.finished);
}

TEST_CASE("an attempt ends once") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const std::int64_t id = LedgerFixture::attempt(ledger, run, script_of("x.lua", ""), ended(OutcomeKind::failed));
  CHECK_THROWS_AS(ledger.finish_attempt(id, ended(OutcomeKind::succeeded)), base::Error);
  CHECK(fixture.history().attempt(id)->ended_as == OutcomeKind::failed);
}

TEST_CASE("what is known of a script") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const core::Script script = script_of("x.lua", "one");
  const core::Script edited = script_of("x.lua", "two");
  const auto known = [&](const core::Script& asked) {
    const core::Known from_writer = ledger.known(asked.name, asked.sha256);
    const core::Known from_reader = fixture.history().known(asked.name, asked.sha256);
    CHECK(from_writer.last.has_value() == from_reader.last.has_value());
    CHECK(from_writer.applied.has_value() == from_reader.applied.has_value());
    CHECK(from_writer.same_version.has_value() == from_reader.same_version.has_value());
    return from_writer;
  };
  ledger.begin_attempt({.run = run, .script = script_of("other.lua", "one"), .state = "new", .at = {1}});

  SUBCASE("never attempted") {
    CHECK_FALSE(known(script).last);
    CHECK_FALSE(known(script).applied);
    CHECK_FALSE(known(script).same_version);
  }
  SUBCASE("running now is not yet attempted") {
    ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = {1}});
    CHECK_FALSE(known(script).last);
  }
  SUBCASE("failed") {
    const std::int64_t id = LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::failed));
    CHECK(known(edited).last->attempt == id);
    CHECK(known(edited).last->outcome == OutcomeKind::failed);
    CHECK(known(edited).last->sha256 == script.sha256);
    CHECK_FALSE(known(edited).applied);
  }
  SUBCASE("skipped is not applied") {
    LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::skipped));
    CHECK(known(script).last->outcome == OutcomeKind::skipped);
    CHECK_FALSE(known(script).applied);
  }
  SUBCASE("succeeded") {
    const std::int64_t id = LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::succeeded));
    CHECK(known(script).last->attempt == id);
    CHECK(known(script).applied->attempt == id);
    CHECK(known(script).same_version->attempt == id);
    CHECK_FALSE(known(script).same_version_repeatable);
  }
  SUBCASE("marked and imported count as applied") {
    const std::int64_t marked = LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::marked));
    CHECK(known(script).same_version->attempt == marked);
    const std::int64_t imported = LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::imported));
    CHECK(known(script).same_version->attempt == imported);
    CHECK(known(script).applied->outcome == OutcomeKind::imported);
  }
  SUBCASE("succeeded, then edited") {
    const std::int64_t id = LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::succeeded));
    CHECK(known(edited).applied->attempt == id);
    CHECK(known(edited).applied->sha256 == script.sha256);
    CHECK_FALSE(known(edited).same_version);
  }
  SUBCASE("succeeded, edited, succeeded, failed: the newest of each kind") {
    const std::int64_t old = LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::succeeded));
    const std::int64_t newer = LedgerFixture::attempt(ledger, run, edited, ended(OutcomeKind::succeeded));
    const std::int64_t last = LedgerFixture::attempt(ledger, run, edited, ended(OutcomeKind::failed));
    CHECK(known(script).last->attempt == last);
    CHECK(known(script).applied->attempt == newer);
    CHECK(known(script).same_version->attempt == old);
  }
  SUBCASE("repeatable, as the newest success of these bytes declared it") {
    ledger::Finished finished = ended(OutcomeKind::succeeded);
    finished.declaration.repeatable = true;
    LedgerFixture::attempt(ledger, run, script, finished);
    CHECK(known(script).same_version_repeatable);
    CHECK_FALSE(known(edited).same_version_repeatable);
  }
}

TEST_CASE("verbs that are no attempts are recorded with who and why") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  ledger.record({.verb = "retry",
                 .script = "x.lua",
                 .by = "anna",
                 .host = "host-a",
                 .reason = "mended",
                 .detail = "from failed/",
                 .at = {77}});
  ledger.record(
      {.verb = "unlock", .script = "", .by = "bert", .host = "host-a", .reason = "", .detail = "", .at = {78}});
  CHECK(fixture.ask("SELECT at || verb || script || by || host || reason || detail FROM events WHERE id = 1") ==
        "77retryx.luaannahost-amendedfrom failed/");
  CHECK(fixture.ask("SELECT by FROM events WHERE script IS NULL AND reason IS NULL AND detail IS NULL") == "bert");
}

#include <doctest/doctest.h>
#include <string>

#include "base/error.hpp"
#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using ledger::Declared;
using ledger::Ledger;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

ledger::Mark mark_of(core::Script script, Declared as) {
  return {.script = std::move(script),
          .as = as,
          .by = "anna",
          .host = "host-a",
          .reason = "I looked",
          .command = "fettle mark x succeeded --reason 'I looked'",
          .pid = 7,
          .at = {4000}};
}

core::Script without_text(core::Script script) {
  script.text.clear();
  return script;
}

}  // namespace

TEST_CASE("a mark answers an unknown outcome and leaves the attempt as it was") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const core::Script script = script_of("x.lua", "return {}");
  const std::int64_t run = ledger.begin_run(run_of("bert"));
  const std::int64_t first = LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::unknown));
  ledger.end_run(run, {.at = {3000}, .scripts = 1, .exit_code = 10});

  SUBCASE("succeeded: it counts as applied") {
    const std::int64_t id = ledger.mark(mark_of(without_text(script), Declared::succeeded));
    const core::Known known = ledger.known("x.lua", script.sha256);
    CHECK(known.last->outcome == OutcomeKind::marked);
    REQUIRE(known.same_version);
    CHECK(known.same_version->attempt == id);
    CHECK(core::decide(script.sha256, known, core::Changed::run, core::Force::no).decision == core::Decision::skip);
  }
  SUBCASE("failed: it may be retried, and its file belongs to the failed ones") {
    const std::int64_t id = ledger.mark(mark_of(without_text(script), Declared::failed));
    const core::Known known = ledger.known("x.lua", script.sha256);
    CHECK(known.last->outcome == OutcomeKind::failed);
    CHECK_FALSE(known.applied);
    REQUIRE(ledger.unfiled().size() == 1);
    CHECK(ledger.unfiled()[0].attempt == id);
  }
  SUBCASE("pending: it runs again") {
    ledger.mark(mark_of(without_text(script), Declared::pending));
    const core::Known known = ledger.known("x.lua", script.sha256);
    CHECK(known.last->outcome == OutcomeKind::interrupted);
    CHECK(core::decide(script.sha256, known, core::Changed::run, core::Force::no).decision == core::Decision::run);
    CHECK(ledger.unfiled().empty());
  }
  const ledger::History history = fixture.history();
  CHECK(history.attempt(first)->ended_as == OutcomeKind::unknown);
  CHECK(history.latest("x.lua")->state == "marked");
  CHECK(history.latest("x.lua")->by == "anna");
  CHECK(history.latest("x.lua")->trigger == "mark");
  CHECK(history.latest("x.lua")->run_reason == "I looked");
  CHECK(history.latest("x.lua")->outcome.reason.find("by anna: I looked") != std::string::npos);
  CHECK(history.last_run()->by == "bert");
  CHECK(fixture.ask("SELECT verb || ' ' || script || ' ' || detail FROM events").starts_with("mark x.lua "));
  CHECK(history.verify({}).findings.empty());
}

TEST_CASE("what was applied can be declared as not applied, and applied again") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const core::Script old = script_of("x.lua", "1");
  const core::Script script = script_of("x.lua", "2");
  const std::int64_t run = ledger.begin_run(run_of("bert"));
  const std::int64_t first = LedgerFixture::attempt(ledger, run, old, ended(OutcomeKind::succeeded));
  LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::succeeded));
  const auto known = [&] { return ledger.known("x.lua", script.sha256); };

  ledger.mark(mark_of(script, Declared::pending));
  CHECK_FALSE(known().same_version);
  REQUIRE(known().applied);
  CHECK(known().applied->attempt == first);
  ledger.mark(mark_of(old, Declared::failed));
  CHECK_FALSE(known().applied);

  ledger.mark(mark_of(script, Declared::succeeded));
  CHECK(known().same_version);
  CHECK(fixture.history().known("x.lua", script.sha256).applied);
}

TEST_CASE("a script that was never attempted can be marked with its text, and only so") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const core::Script script = script_of("x.lua", "return {}");
  CHECK_THROWS_AS(ledger.mark(mark_of(without_text(script), Declared::succeeded)), base::Error);
  CHECK(fixture.history().attempts({}).empty());
  ledger.mark(mark_of(script, Declared::succeeded));  // a refusal is no broken ledger
  CHECK(ledger.known("x.lua", script.sha256).same_version);
  CHECK(ledger.text(script.sha256) == "return {}");
}

TEST_CASE("interruptions of a version are counted until something else became of it") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const core::Script script = script_of("x.lua", "1");
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const auto attempt = [&](const core::Script& which, OutcomeKind kind) {
    LedgerFixture::attempt(ledger, run, which, ended(kind));
  };
  const auto count = [&] { return ledger.interruptions("x.lua", script.sha256); };
  CHECK(count() == 0);
  attempt(script, OutcomeKind::interrupted);
  attempt(script, OutcomeKind::interrupted);
  CHECK(count() == 2);
  attempt(script_of("x.lua", "2"), OutcomeKind::failed);
  attempt(script_of("y.lua", "1"), OutcomeKind::failed);
  CHECK(count() == 2);
  const std::int64_t running = ledger.begin_attempt({.run = run, .script = script, .state = "retry", .at = {1}});
  CHECK(count() == 2);
  ledger.finish_attempt(running, ended(OutcomeKind::interrupted));
  CHECK(count() == 3);
  SUBCASE("a failure begins a new row") {
    attempt(script, OutcomeKind::failed);
  }
  SUBCASE("so does a mark, though it is stored as an interruption") {
    ledger.mark(mark_of(script, Declared::pending));
  }
  CHECK(count() == 0);
  attempt(script, OutcomeKind::interrupted);
  CHECK(count() == 1);
}

TEST_CASE("attempts whose file was not moved yet are known, newest first") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const auto attempt = [&](const std::string& name, OutcomeKind kind) {
    return LedgerFixture::attempt(ledger, run, script_of(name, name), ended(kind));
  };
  const std::int64_t filed = attempt("filed.lua", OutcomeKind::succeeded);
  ledger.set_moved_to(filed, "successfully-ran/filed.lua");
  ledger.moves_are_durable();
  attempt("again.lua", OutcomeKind::failed);
  const std::int64_t good = attempt("good.lua", OutcomeKind::succeeded);
  const std::int64_t skipped = attempt("skipped.lua", OutcomeKind::skipped);
  attempt("stays.lua", OutcomeKind::blocked);
  attempt("unknown.lua", OutcomeKind::unknown);
  const std::int64_t again = attempt("again.lua", OutcomeKind::failed);
  const auto ids = [](const std::vector<Ledger::Unfiled>& all) {
    std::vector<std::int64_t> found;
    for (const Ledger::Unfiled& each : all) found.push_back(each.attempt);
    return found;
  };
  CHECK(ids(ledger.unfiled()) == std::vector<std::int64_t>{again, skipped, good});
  CHECK(ids(ledger.unfiled(core::Skipped::keep)) == std::vector<std::int64_t>{again, good});
  CHECK(ledger.unfiled()[0].script == "again.lua");
  CHECK(ledger.unfiled()[0].sha256 == base::sha256_hex("again.lua"));
  CHECK(ledger.unfiled()[0].outcome.kind == OutcomeKind::failed);
  ledger.set_moved_to(again, "failed/again.lua");
  ledger.moves_are_durable();
  CHECK(ids(ledger.unfiled(core::Skipped::keep)) == std::vector<std::int64_t>{good});
}

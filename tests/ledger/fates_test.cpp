#include "ledger/fates.hpp"

#include <doctest/doctest.h>
#include <map>
#include <string>
#include <vector>

#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using ledger::Fate;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

using Fates = std::map<std::string, Fate>;

Fates by_name(const std::vector<ledger::Fated>& all) {
  Fates fates;
  for (const ledger::Fated& each : all) fates[each.script] = each.fate;
  return fates;
}

struct Past {
  LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  std::int64_t run = ledger.begin_run(run_of("anna"));

  std::int64_t add(const std::string& script, OutcomeKind kind, const std::string& text = "1") {
    return LedgerFixture::attempt(ledger, run, script_of(script, text), ended(kind));
  }

  std::int64_t roll_back(const std::string& script, std::int64_t undoes, OutcomeKind kind,
                         const std::string& text = "1") {
    const std::int64_t id = ledger.begin_attempt(
        {.run = run, .script = script_of(script, text), .state = "rollback", .at = {9}, .undoes = undoes});
    ledger.finish_attempt(id, ended(kind));
    return id;
  }

  void mark(const std::string& script, ledger::Declared as) {
    ledger.mark({.script = script_of(script, "1"),
                 .as = as,
                 .by = "anna",
                 .host = "h",
                 .reason = "r",
                 .command = "c",
                 .pid = 1,
                 .at = {7}});
  }
};

}  // namespace

TEST_CASE("fates: each script has the one that its attempts come to") {
  Past past;
  past.add("plain.lua", OutcomeKind::succeeded);
  past.add("asked again.lua", OutcomeKind::succeeded);
  past.add("asked again.lua", OutcomeKind::skipped);
  past.add("mended.lua", OutcomeKind::failed);
  past.add("mended.lua", OutcomeKind::blocked, "2");
  const std::int64_t mended = past.add("mended.lua", OutcomeKind::succeeded, "2");
  past.add("broken.lua", OutcomeKind::failed);
  past.add("not needed.lua", OutcomeKind::skipped);
  past.roll_back("taken back.lua", past.add("taken back.lua", OutcomeKind::succeeded), OutcomeKind::rolled_back);
  past.roll_back("still there.lua", past.add("still there.lua", OutcomeKind::succeeded), OutcomeKind::failed);
  past.add("older version stands.lua", OutcomeKind::succeeded, "1");
  past.roll_back("older version stands.lua", past.add("older version stands.lua", OutcomeKind::succeeded, "2"),
                 OutcomeKind::rolled_back, "2");
  past.add("declared.lua", OutcomeKind::failed);
  past.mark("declared.lua", ledger::Declared::succeeded);
  past.add("declared undone.lua", OutcomeKind::succeeded);
  past.mark("declared undone.lua", ledger::Declared::pending);
  past.add("in doubt.lua", OutcomeKind::unknown);
  past.ledger.begin_attempt({.run = past.run, .script = script_of("at work.lua", "1"), .state = "new", .at = {9}});

  const ledger::History history = past.fixture.history();
  const std::vector<ledger::Fated> all = history.fates();
  CHECK(by_name(all) == Fates{{"plain.lua", Fate::succeeded},
                              {"asked again.lua", Fate::succeeded},
                              {"mended.lua", Fate::recovered},
                              {"not needed.lua", Fate::skipped},
                              {"taken back.lua", Fate::rolled_back},
                              {"still there.lua", Fate::succeeded},
                              {"older version stands.lua", Fate::succeeded},
                              {"declared.lua", Fate::recovered}});
  CHECK(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.script < b.script; }));
  for (const ledger::Fated& each : all)
    if (each.script == "mended.lua") CHECK(each.attempt == mended);
}

TEST_CASE("fates: a glance tells the same of those that did not plainly succeed, or nothing") {
  Past past;
  past.add("plain.lua", OutcomeKind::succeeded);
  past.add("asked again.lua", OutcomeKind::succeeded);
  past.add("asked again.lua", OutcomeKind::skipped);
  past.add("mended.lua", OutcomeKind::failed);
  past.add("mended.lua", OutcomeKind::succeeded);
  past.add("not needed.lua", OutcomeKind::skipped);
  const ledger::History history = past.fixture.history();
  const auto seen = history.glance_at_fates(8);  // three of such outcomes, five attempts of their scripts
  REQUIRE(seen);
  CHECK(by_name(*seen) == Fates{{"mended.lua", Fate::recovered}, {"not needed.lua", Fate::skipped}});
  for (std::size_t most = 0; most < 8; ++most) CHECK_FALSE(history.glance_at_fates(most));
}

TEST_CASE("fates: an empty ledger has none, and asks nothing") {
  const LedgerFixture fixture;
  { const ledger::Ledger made = fixture.open(); }
  const ledger::History history = fixture.history();
  CHECK(history.fates().empty());
  CHECK(history.glance_at_fates(0)->empty());
  CHECK(history.open_questions().empty());
}

TEST_CASE("open questions: newest attempts of unknown outcome, and what has not ended") {
  Past past;
  past.add("answered.lua", OutcomeKind::unknown);
  past.mark("answered.lua", ledger::Declared::succeeded);
  past.add("run again.lua", OutcomeKind::unknown);
  past.add("run again.lua", OutcomeKind::succeeded);
  const std::int64_t doubt = past.add("in doubt.lua", OutcomeKind::unknown);
  const std::int64_t open =
      past.ledger.begin_attempt({.run = past.run, .script = script_of("at work.lua", "1"), .state = "new", .at = {9}});
  std::vector<std::int64_t> ids;
  for (const ledger::Attempt& each : past.fixture.history().open_questions()) ids.push_back(each.id);
  CHECK(ids == std::vector<std::int64_t>{doubt, open});
}

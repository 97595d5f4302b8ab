// Which attempts `fettle history` finds: every filter, and every combination of them against a plain look at all.
#include "ledger/attempts.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using ledger::Attempt;
using ledger::Filter;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

constexpr std::int64_t k_day = 24LL * 60 * 60 * 1000;

using Ids = std::vector<std::int64_t>;

Ids ids_of(const std::vector<Attempt>& attempts) {
  Ids ids;
  for (const Attempt& attempt : attempts) ids.push_back(attempt.id);
  return ids;
}

void attempt_at(ledger::Ledger& ledger, std::int64_t run, const std::string& script, OutcomeKind kind,
                std::int64_t at) {
  const std::int64_t id =
      ledger.begin_attempt({.run = run, .script = script_of(script, "1"), .state = "new", .at = {at}});
  ledger.finish_attempt(id, ended(kind));
}

// Thirty days, a run a day of anna and bert in turn, three scripts in each. On day 11 the clock is half a day behind.
void fill(ledger::Ledger& ledger) {
  for (std::int64_t day = 1; day <= 30; ++day) {
    const std::int64_t run = ledger.begin_run(run_of(day % 2 == 0 ? "anna" : "bert"));
    const std::int64_t at = day * k_day - (day == 11 ? k_day / 2 : 0);
    attempt_at(ledger, run, "a.lua", day % 3 == 0 ? OutcomeKind::failed : OutcomeKind::succeeded, at);
    attempt_at(ledger, run, "b.lua", OutcomeKind::skipped, at + 1);
    attempt_at(ledger, run, day % 5 == 0 ? "c.lua" : "a.lua", OutcomeKind::failed, at + 2);
    ledger.end_run(run, {});
  }
}

bool fits(const Attempt& attempt, const Filter& filter) {
  return (filter.script.empty() || attempt.script == filter.script) &&
         (!filter.outcome || attempt.ended_as == filter.outcome) && (filter.run == 0 || attempt.run == filter.run) &&
         (!filter.since || attempt.started >= *filter.since) && (!filter.until || attempt.started <= *filter.until) &&
         (filter.by.empty() || attempt.by == filter.by) && (filter.before == 0 || attempt.id < filter.before);
}

std::vector<Filter> all_filters() {
  std::vector<Filter> filters;
  const std::optional<base::Instant> any;
  for (const char* script : {"", "a.lua", "c.lua", "d.lua"})
    for (const std::optional<OutcomeKind> outcome :
         {std::optional<OutcomeKind>(), std::optional(OutcomeKind::failed), std::optional(OutcomeKind::succeeded)})
      for (const std::int64_t run : {0, 1, 11, 99})
        for (const auto since :
             {any, std::optional(base::Instant{10 * k_day + 2}), std::optional(base::Instant{50 * k_day})})
          for (const auto until : {any, std::optional(base::Instant{11 * k_day}), std::optional(base::Instant{1})})
            for (const char* by : {"", "anna", "nobody"})
              filters.push_back({script, outcome, run, 0, since, until, by});
  return filters;
}

}  // namespace

TEST_CASE("filters of the history can be combined freely") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  fill(ledger);
  const ledger::History history = fixture.history();
  Filter everything;
  everything.limit = 0;
  const std::vector<Attempt> all = history.attempts(everything);
  REQUIRE(all.size() == 90);
  std::size_t found = 0;
  for (const Filter& filter : all_filters()) {
    Ids expected;
    for (const Attempt& attempt : all)
      if (fits(attempt, filter)) expected.push_back(attempt.id);
    CAPTURE(filter.script);
    CAPTURE(filter.run);
    CAPTURE(filter.by);
    CAPTURE(filter.since.has_value());
    CAPTURE(filter.until.has_value());
    CHECK(ids_of(history.attempts(filter)) == expected);
    found += expected.size();
    Filter two = filter;
    two.limit = 2;
    Ids rest = expected;
    expected.resize(std::min<std::size_t>(expected.size(), 2));
    CHECK(ids_of(history.attempts(two)) == expected);
    if (expected.empty()) continue;
    Filter next_page = filter;
    next_page.before = expected.back();
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(expected.size()));
    CHECK(ids_of(history.attempts(next_page)) == rest);
  }
  CHECK(found > 500);
}

TEST_CASE("pages that begin behind the last attempt of the one before give the whole list once, whatever is filtered") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  fill(ledger);
  const ledger::History history = fixture.history();
  for (Filter filter : all_filters()) {
    const Ids expected = ids_of(history.attempts(filter));
    Ids paged;
    filter.limit = 4;
    for (std::vector<Attempt> page; !(page = history.attempts(filter)).empty(); filter.before = page.back().id)
      for (const Attempt& attempt : page) paged.push_back(attempt.id);
    CAPTURE(filter.script);
    CHECK(paged == expected);
    filter.before = 0;
    filter.limit = 0;
    filter.after = 40;
    Ids newer = expected;
    std::erase_if(newer, [](std::int64_t id) { return id <= 40; });
    CHECK(ids_of(history.attempts(filter)) == newer);
  }
}

TEST_CASE("a word is found in whatever an attempt says, large or small, and its signs mean themselves") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  ledger::Finished said = ended(OutcomeKind::succeeded);
  said.outcome.message = "removed 100% of the Menu_rows";
  ledger::Finished failed = ended(OutcomeKind::failed);
  failed.outcome.error = "no such table: menu\\page";
  ledger::Finished skipped = ended(OutcomeKind::skipped);
  skipped.outcome.reason = "nothing to do";
  skipped.declaration.description = "Removes orphans";
  LedgerFixture::attempt(ledger, run, script_of("001_a.lua", "1"), said);
  LedgerFixture::attempt(ledger, run, script_of("002_b.lua", "2"), failed);
  LedgerFixture::attempt(ledger, run, script_of("003_menu.lua", "3"), skipped);
  const ledger::History history = fixture.history();
  const auto with = [&](std::string text) {
    Filter filter;
    filter.text = std::move(text);
    return ids_of(history.attempts(filter));
  };
  CHECK(with("mEnU") == Ids{3, 2, 1});
  CHECK(with("menu_") == Ids{1});
  CHECK(with("100%") == Ids{1});
  CHECK(with("%") == Ids{1});
  CHECK(with("u\\p") == Ids{2});
  CHECK(with("ORPHAN") == Ids{3});
  CHECK(with("nothing") == Ids{3});
  CHECK(with("absent").empty());
  Filter both;
  both.text = "menu";
  both.outcome = OutcomeKind::failed;
  CHECK(ids_of(history.attempts(both)) == Ids{2});
  CHECK(history.names_with("MENU", 5) == std::vector<std::string>{"003_menu.lua"});
  CHECK(history.names_with("_", 2) == std::vector<std::string>{"001_a.lua", "002_b.lua"});
  CHECK(history.names_with("x", 5).empty());
}

TEST_CASE("runs are told by pages, newest first, previews with what their scripts would have come to") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t first = ledger.begin_run(run_of("anna"));
  LedgerFixture::attempt(ledger, first, script_of("a.lua", "1"), ended(OutcomeKind::succeeded));
  LedgerFixture::attempt(ledger, first, script_of("b.lua", "2"), ended(OutcomeKind::failed));
  ledger.end_run(first, {.at = {3000}, .scripts = 2, .exit_code = 4});
  ledger::Preview preview;
  preview.start = run_of("bert");
  preview.scripts.resize(2);
  preview.scripts[0].script = preview.scripts[1].script = "c.lua";
  preview.scripts[0].outcome.kind = OutcomeKind::succeeded;
  preview.scripts[1].outcome.kind = OutcomeKind::skipped;
  const std::int64_t second = ledger.record_preview(preview);
  ledger::RunStart undoing = run_of("cleo");
  undoing.trigger = "rollback";
  const std::int64_t third = ledger.begin_run(undoing);
  LedgerFixture::attempt(ledger, third, script_of("a.lua", "1"), ended(OutcomeKind::rolled_back));
  const ledger::History history = fixture.history();
  const std::vector<ledger::Run> all = history.runs(10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].id == third);
  CHECK(all[0].counts.rolled_back == 1);
  CHECK_FALSE(all[0].finished);
  CHECK(all[1].id == second);
  CHECK(all[1].trigger == "preview");
  CHECK(all[1].counts.succeeded == 1);
  CHECK(all[1].counts.skipped == 1);
  CHECK(all[2].counts.failed == 1);
  CHECK(all[2].exit_code == 4);
  const std::vector<ledger::Run> page = history.runs(1, third);
  REQUIRE(page.size() == 1);
  CHECK(page[0].id == second);
  CHECK(history.run(first)->by == "anna");
  CHECK(history.run(second)->counts.skipped == 1);
  CHECK_FALSE(history.run(99));
}

TEST_CASE("since and until count the very moment, and an attempt begun while the clock was behind is found too") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  fill(ledger);
  const ledger::History history = fixture.history();
  Filter moment;
  moment.since = moment.until = base::Instant{10 * k_day + 1};
  CHECK(ids_of(history.attempts(moment)) == Ids{29});
  moment.since = moment.until = base::Instant{10 * k_day + k_day / 2};
  CHECK(ids_of(history.attempts(moment)) == Ids{31});
}

TEST_CASE("a list that is longer than what is taken at a time is whole, in order, and may be cut anywhere") {
  const LedgerFixture fixture;
  { const ledger::Ledger made = fixture.open(); }
  fixture.change("INSERT INTO versions VALUES ('s', 0, x'', 0)");
  fixture.change(
      "INSERT INTO runs (trigger, by, host, pid, command, fettle, started_at) VALUES ('manual', 'a', 'h', 1, 'c', '0', "
      "0)");
  fixture.change(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1203) INSERT INTO attempts (run, "
      "script, sha256, state, outcome, started_at, finished_at) SELECT 1, CASE i % 2 WHEN 1 THEN 'x.lua' ELSE 'y.lua' "
      "END, 's', 'new', 'succeeded', i, i FROM n");
  const ledger::History history = fixture.history();
  for (const std::int64_t limit : {0, 1, 499, 500, 501, 1000, 1203, 5000}) {
    CAPTURE(limit);
    Filter filter;
    filter.limit = limit;
    std::int64_t next = 1203, count = 0;
    history.each_attempt(filter, [&](const Attempt& attempt) {
      CHECK(attempt.id == next--);
      ++count;
    });
    CHECK(count == (limit == 0 ? 1203 : std::min<std::int64_t>(limit, 1203)));
  }
  Filter odd;
  odd.script = "x.lua";
  odd.limit = 0;
  CHECK(history.attempts(odd).size() == 602);
}

TEST_CASE("an empty ledger has no attempt, whatever is asked for") {
  const LedgerFixture fixture;
  { const ledger::Ledger made = fixture.open(); }
  Filter filter;
  filter.since = base::Instant{5};
  filter.until = base::Instant{6};
  filter.run = 3;
  CHECK(fixture.history().attempts(filter).empty());
  filter.by = "anna";
  CHECK(fixture.history().attempts(filter).empty());
}

TEST_CASE("what more there is to say of an attempt comes with it, and which attempt took it back") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  ledger::Finished done = ended(OutcomeKind::succeeded);
  done.details = {.try_number = 3,
                  .again = false,
                  .allowed = true,
                  .depends = R"(["x"])",
                  .tags = {},
                  .args = "{}",
                  .warnings = R"(["odd"])",
                  .data = {}};
  const std::int64_t first = LedgerFixture::attempt(ledger, run, script_of("a.lua", "1"), done);
  const std::int64_t other =
      LedgerFixture::attempt(ledger, run, script_of("b.lua", "2"), ended(OutcomeKind::succeeded));
  const std::int64_t taken = ledger.begin_attempt(
      {.run = run, .script = script_of("a.lua", "1"), .state = "rollback", .at = {9}, .undoes = first});
  ledger.finish_attempt(taken, ended(OutcomeKind::rolled_back));
  const ledger::History history = fixture.history();
  const Attempt attempt = history.attempt(first).value();
  CHECK(attempt.details.try_number == 3);
  CHECK(attempt.details.allowed);
  CHECK(attempt.details.depends == R"(["x"])");
  CHECK(attempt.details.warnings == R"(["odd"])");
  CHECK(attempt.details.data.empty());
  CHECK(history.attempt(other)->details.try_number == 1);
  CHECK(history.attempt(taken)->details.undoes == first);
  CHECK(history.taken_back_by(attempt) == taken);
  CHECK(history.taken_back_by(*history.attempt(other)) == 0);
}

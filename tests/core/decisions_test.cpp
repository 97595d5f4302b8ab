#include <algorithm>
#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/order.hpp"
#include "core/outcome.hpp"
#include "core/plan.hpp"
#include "core/report.hpp"
#include "core/sandbox_level.hpp"
#include "core/script.hpp"

using core::Cause;
using core::Filing;
using core::OutcomeKind;
using core::Skipped;

TEST_CASE("every outcome and cause has a name that leads back to it") {
  REQUIRE(core::outcome_names().size() == 9);
  for (const std::string_view name : core::outcome_names()) {
    const auto kind = core::outcome_from(name);
    REQUIRE(kind);
    CHECK(core::name(*kind) == name);
  }
  CHECK(core::name(OutcomeKind::rolled_back) == "rolled_back");
  CHECK(core::name(OutcomeKind::imported) == "imported");
  CHECK_FALSE(core::outcome_from("success"));
  for (const Cause cause : {Cause::none, Cause::error, Cause::syntax, Cause::contract, Cause::timeout, Cause::memory,
                            Cause::crash, Cause::locked, Cause::unreachable})
    CHECK(core::cause_from(core::name(cause)) == cause);
  CHECK(core::name(Cause::unreachable) == "unreachable");
  CHECK_FALSE(core::cause_from("bad luck"));
}

TEST_CASE("a file goes where its outcome says") {
  CHECK(core::filing(OutcomeKind::succeeded, Skipped::move) == Filing::to_succeeded);
  CHECK(core::filing(OutcomeKind::succeeded, Skipped::keep) == Filing::to_succeeded);
  CHECK(core::filing(OutcomeKind::skipped, Skipped::move) == Filing::to_succeeded);
  CHECK(core::filing(OutcomeKind::skipped, Skipped::keep) == Filing::stays);
  CHECK(core::filing(OutcomeKind::failed, Skipped::move) == Filing::to_failed);
  for (const OutcomeKind kind : {OutcomeKind::blocked, OutcomeKind::interrupted, OutcomeKind::unknown,
                                 OutcomeKind::rolled_back, OutcomeKind::marked, OutcomeKind::imported})
    CHECK(core::filing(kind, Skipped::move) == Filing::stays);
}

TEST_CASE("outcomes are made with what belongs to them") {
  CHECK(core::skipped("why").kind == OutcomeKind::skipped);
  CHECK(core::skipped("why").reason == "why");
  CHECK(core::blocked(Cause::unreachable, "why").cause == Cause::unreachable);
  const core::Outcome failed = core::failed(Cause::timeout, "too slow", "trace");
  CHECK(failed.kind == OutcomeKind::failed);
  CHECK(failed.error == "too slow");
  CHECK(failed.traceback == "trace");
  CHECK(failed.reason.empty());
}

TEST_CASE("the exit code tells the worst of a run") {
  struct Row {
    core::Counts counts;
    bool unreachable;
    int signal;
    int expected;
  };
  const std::vector<Row> rows = {
      {{}, false, 0, 0},
      {{.succeeded = 3, .skipped = 2}, false, 0, 0},
      {{.succeeded = 3, .failed = 1}, false, 0, 4},
      {{.failed = 1, .blocked = 2}, true, 0, 4},
      {{.blocked = 2}, true, 0, 6},
      {{.blocked = 2}, false, 0, 8},
      {{.succeeded = 1, .blocked = 2}, false, 0, 8},
      {{.failed = 1, .interrupted = 1}, false, 2, 130},
      {{.succeeded = 1}, false, 15, 143},
      {{.failed = 1, .unknown = 1}, true, 15, 10},
  };
  for (const Row& row : rows) {
    core::RunReport report;
    report.counts = row.counts;
    report.target_unreachable = row.unreachable;
    report.stopped_by_signal = row.signal;
    CAPTURE(row.expected);
    CHECK(core::exit_code(report) == row.expected);
  }
}

TEST_CASE("each outcome of a run is counted in its own place") {
  core::Counts counts;
  for (const OutcomeKind kind : {OutcomeKind::succeeded, OutcomeKind::skipped, OutcomeKind::failed,
                                 OutcomeKind::blocked, OutcomeKind::interrupted, OutcomeKind::unknown})
    counts.add(kind);
  CHECK(counts.succeeded == 1);
  CHECK(counts.skipped == 1);
  CHECK(counts.failed == 1);
  CHECK(counts.blocked == 1);
  CHECK(counts.interrupted == 1);
  CHECK(counts.unknown == 1);
  CHECK(counts.total() == 6);
}

TEST_CASE("names sort by bytes or naturally") {
  using core::Order;
  CHECK(core::runs_before("10.lua", "2.lua", Order::bytes));
  CHECK(core::runs_before("2.lua", "10.lua", Order::natural));
  CHECK(core::runs_before("Z.lua", "a.lua", Order::natural));
  CHECK(core::runs_before("a2b10.lua", "a2b9.lua", Order::bytes));
  CHECK(core::runs_before("a2b9.lua", "a2b10.lua", Order::natural));
  CHECK(core::runs_before("007.lua", "7.lua", Order::natural));
  CHECK(core::runs_before("7.lua", "008.lua", Order::natural));
  CHECK(core::runs_before("a", "\xc3\xa4", Order::bytes));
  CHECK(core::runs_before("99999999999999999999998", "99999999999999999999999", Order::natural));
}

TEST_CASE("both orders are strict: no name runs before itself, no two before each other, and no circle") {
  const std::vector<std::string> names = {"",  "0", "00", "1", "01",    "1a",  "01a", "a1",    "a01",    "a1b",
                                          "a", "b", "10", "2", "a\xff", "a-1", "a_1", "1.lua", "01.lua", "001.lua"};
  for (const core::Order order : {core::Order::bytes, core::Order::natural}) {
    for (const std::string& a : names) {
      CHECK_FALSE(core::runs_before(a, a, order));
      for (const std::string& b : names) {
        if (a != b) CHECK(core::runs_before(a, b, order) != core::runs_before(b, a, order));
        for (const std::string& c : names)
          if (core::runs_before(a, b, order) && core::runs_before(b, c, order)) {
            CAPTURE(a);
            CAPTURE(b);
            CAPTURE(c);
            CHECK(core::runs_before(a, c, order));
          }
      }
    }
  }
}

TEST_CASE("what looks like a mistake in the numbers is said") {
  const auto warnings = [](std::vector<std::string> names, core::Order order) {
    core::sort_names(names, order);
    return core::order_warnings(names, order);
  };
  CHECK(warnings({"001_a.lua", "002_b.lua", "x.lua"}, core::Order::bytes).empty());
  const auto twice = warnings({"001_a.lua", "001_b.lua"}, core::Order::bytes);
  REQUIRE(twice.size() == 1);
  CHECK(twice[0] == "2 scripts have number 1: 001_a.lua runs before 001_b.lua");
  const auto mixed = warnings({"2_b.lua", "10_a.lua"}, core::Order::bytes);
  REQUIRE(mixed.size() == 1);
  CHECK(mixed[0].starts_with("10_a.lua runs before 2_b.lua"));
  CHECK(warnings({"2_b.lua", "10_a.lua"}, core::Order::natural).empty());
  CHECK(warnings({"1_a.lua", "01_b.lua"}, core::Order::natural).size() == 1);
}

namespace {

core::Known::Seen seen(std::int64_t attempt, OutcomeKind outcome, const char* sha256) {
  return {attempt, outcome, sha256};
}

}  // namespace

TEST_CASE("what is done with a script follows from what the ledger knows of its name and bytes") {
  using core::Changed;
  using core::Decision;
  using core::Force;
  using core::ScriptState;
  const core::Known fresh;
  core::Known failed;
  failed.last = seen(3, OutcomeKind::failed, "old");
  core::Known changed;
  changed.last = changed.applied = seen(5, OutcomeKind::succeeded, "old");
  core::Known applied;
  applied.last = applied.applied = applied.same_version = seen(7, OutcomeKind::succeeded, "new");
  core::Known repeatable = applied;
  repeatable.same_version_repeatable = true;

  struct Row {
    const core::Known& known;
    Changed policy;
    Force force;
    ScriptState state;
    Decision decision;
    const char* reason;
  };
  const std::vector<Row> rows = {
      {fresh, Changed::run, Force::no, ScriptState::fresh, Decision::run, ""},
      {failed, Changed::run, Force::no, ScriptState::retry, Decision::run, "attempt 3 failed; edited since"},
      {changed, Changed::run, Force::no, ScriptState::changed, Decision::run,
       "changed since it was applied in attempt 5"},
      {changed, Changed::hold, Force::no, ScriptState::changed, Decision::hold,
       "changed since it was applied in attempt 5; held back by changed = \"hold\" (fettle run --force runs it)"},
      {changed, Changed::hold, Force::yes, ScriptState::changed, Decision::run,
       "changed since it was applied in attempt 5"},
      {applied, Changed::run, Force::no, ScriptState::applied, Decision::skip, "already applied in attempt 7"},
      {applied, Changed::hold, Force::no, ScriptState::applied, Decision::skip, "already applied in attempt 7"},
      {applied, Changed::run, Force::yes, ScriptState::applied, Decision::run, "already applied in attempt 7, forced"},
      {repeatable, Changed::run, Force::no, ScriptState::applied, Decision::run,
       "already applied in attempt 7, repeatable"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reason);
    const core::Step step = core::decide("new", row.known, row.policy, row.force);
    CHECK(step.state == row.state);
    CHECK(step.decision == row.decision);
    CHECK(step.reason == row.reason);
  }
  failed.last->sha256 = "new";
  CHECK(core::decide("new", failed, Changed::run, Force::no).reason == "attempt 3 failed");
  CHECK(core::name(ScriptState::fresh) == "new");
  CHECK(core::name(ScriptState::changed) == "changed");
}

TEST_CASE("numbers and stems of script names") {
  CHECK(core::number_of("007_clear.lua") == "007");
  CHECK(core::number_of("20261121-x.lua") == "20261121");
  CHECK(core::number_of("x7.lua").empty());
  CHECK(core::number_of("").empty());
  CHECK(core::stem_of("007_x.lua") == "007_x");
  CHECK(core::stem_of("x.2.lua") == "x.2");
  CHECK(core::stem_of("notes.txt") == "notes.txt");
}

TEST_CASE("a numbered name never passes 255 bytes nor cuts a character in half") {
  CHECK(core::numbered_name("x.lua", 2) == "x.2.lua");
  CHECK(core::numbered_name("x.lua", 100'000) == "x.100000.lua");
  CHECK(core::numbered_name("note", 3) == "note.3");
  for (std::size_t ascii = 0; ascii < 4; ++ascii) {
    std::string name(ascii, 'x');
    while (name.size() + 3 <= 251) name += "\u20ac";
    name += ".lua";
    const std::string numbered = core::numbered_name(name, 12);
    CHECK(numbered.size() <= 255);
    CHECK(numbered.ends_with(".12.lua"));
    CHECK(base::is_utf8(numbered));
    CHECK(base::is_utf8(core::error_note_name(name)));
  }
  CHECK(core::numbered_name(std::string(251, '\x80') + ".lua", 2).size() <= 255);
}

TEST_CASE("an error note stands beside its script, within 255 bytes") {
  CHECK(core::error_note_name("x.lua") == "x.lua.error.txt");
  CHECK(core::error_note_name(std::string(251, 'x') + ".lua").size() == 255);
}

TEST_CASE("relative paths are relative to the configuration, absolute ones stay") {
  core::Config config;
  config.directory = "/srv/app";
  CHECK(config.path("failed") == "/srv/app/failed");
  CHECK(config.path("/var/failed") == "/var/failed");
}

TEST_CASE("the lock-down that was in force reads well and is held against the minimum") {
  using core::SandboxMinimum;
  const core::SandboxLevel none;
  const core::SandboxLevel filtered = {.seccomp = true, .no_new_privileges = true, .limits = true};
  const core::SandboxLevel full = {.landlock_abi = 7, .seccomp = true, .no_new_privileges = true, .limits = true};
  CHECK(core::describe(none) == "none");
  CHECK(core::describe(full) == "landlock 7, seccomp, no_new_privs, limits");
  CHECK(core::satisfies(none, SandboxMinimum::none));
  CHECK_FALSE(core::satisfies(none, SandboxMinimum::seccomp));
  CHECK(core::satisfies(filtered, SandboxMinimum::seccomp));
  CHECK_FALSE(core::satisfies(filtered, SandboxMinimum::full));
  CHECK(core::satisfies(full, SandboxMinimum::full));
  CHECK_FALSE(core::satisfies({.landlock_abi = 7, .seccomp = true}, SandboxMinimum::seccomp));
}

TEST_CASE("log levels have the names that scripts use") {
  CHECK(core::name(core::LineLevel::debug) == "debug");
  CHECK(core::name(core::LineLevel::info) == "info");
  CHECK(core::name(core::LineLevel::warn) == "warn");
  CHECK(core::name(core::LineLevel::error) == "error");
}

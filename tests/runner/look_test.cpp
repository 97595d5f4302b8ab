// The commands that bring back or only look: retry, status, check, plan.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <string>

#include "ledger/ledger.hpp"
#include "os/fd.hpp"
#include "runner/preflight.hpp"
#include "runner/retry.hpp"
#include "runner/run_fixture.hpp"
#include "runner/survey.hpp"
#include "support/child.hpp"
#include "support/program.hpp"

using core::Cause;
using core::OutcomeKind;
using core::ScriptState;
using runner::Forecast;
using support::says;
using support::Site;

namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// Every file with its bytes and times.
std::map<std::string, std::string> picture_of(const Site& site) {
  std::map<std::string, std::string> picture;
  for (const auto& entry : fs::recursive_directory_iterator(site.scratch.path())) {
    std::string facts = std::to_string(fs::last_write_time(entry.path()).time_since_epoch().count());
    if (entry.path().string().ends_with("-shm")) continue;  // shared memory of readers, no content
    if (entry.is_regular_file()) facts += support::read_file(entry.path().string());
    picture[entry.path().string()] = facts;
  }
  return picture;
}

// Something of everything: applied, failed, pending of each state, ignored.
void fill(Site& site) {
  site.drop("1_done.lua", Site::script());
  site.drop("2_failed.lua", Site::script("error('x')"));
  site.drop("3_changed.lua", Site::script());
  site.drop("4_same.lua", Site::script());
  site.drop("5_retry.lua", Site::script("error('y')"));
  site.run();
  site.drop("3_changed.lua", Site::script("-- new"));
  site.drop("4_same.lua", Site::script());
  site.scratch.rename("failed/5_retry.lua", "pending/5_retry.lua");
  site.drop("6_fresh.lua", Site::script());
  site.drop("7_no.lua", Site::script("", "return false"));
  site.drop("8_bad.lua", Site::script("", "error('z')"));
  site.scratch.write("pending/notes.txt", "x");
}

// What has changed since, a line for each file; empty: nothing.
std::string changes_since(const std::map<std::string, std::string>& before, const Site& site) {
  std::string changes;
  const auto now = picture_of(site);
  for (const auto& [path, facts] : now)
    if (!before.contains(path) || before.at(path) != facts) changes += path + "\n";
  for (const auto& [path, facts] : before)
    if (!now.contains(path)) changes += "gone: " + path + "\n";
  return changes;
}

const runner::Planned& planned(const runner::PlanReport& plan, const std::string& script) {
  for (const runner::Planned& each : plan.scripts)
    if (each.script == script) return each;
  FAIL("no ", script);
  return plan.scripts.front();
}

}  // namespace

TEST_CASE("the survey of a busy folder tells each script's state, and changes nothing") {
  Site site;
  fill(site);
  const auto before = picture_of(site);
  const runner::Survey survey = runner::survey(site.config);
  std::map<std::string, ScriptState> states;
  for (const runner::Pending& pending : survey.pending) states[pending.script] = pending.state;
  CHECK(states == std::map<std::string, ScriptState>{{"3_changed.lua", ScriptState::changed},
                                                     {"4_same.lua", ScriptState::applied},
                                                     {"5_retry.lua", ScriptState::retry},
                                                     {"6_fresh.lua", ScriptState::fresh},
                                                     {"7_no.lua", ScriptState::fresh},
                                                     {"8_bad.lua", ScriptState::fresh}});
  REQUIRE(survey.failed.size() == 1);
  CHECK(survey.failed[0].script == "2_failed.lua");
  REQUIRE(survey.failed[0].attempt);
  CHECK(survey.failed[0].attempt->outcome.cause == Cause::error);
  CHECK(survey.ignored.size() == 1);
  CHECK(survey.succeeded == 3);
  REQUIRE(survey.last_run);
  CHECK(survey.last_run->counts.failed == 2);
  CHECK_FALSE(survey.lock.held);
  CHECK(changes_since(before, site) == "");
}

TEST_CASE("a survey that reads only what it must tells the same of each script") {
  Site site;
  fill(site);
  const runner::Survey all = runner::survey(site.config, runner::Digests::of_all);
  const runner::Survey some = runner::survey(site.config, runner::Digests::where_needed);
  REQUIRE(some.pending.size() == all.pending.size());
  for (std::size_t index = 0; index < all.pending.size(); ++index) {
    CHECK(some.pending[index].script == all.pending[index].script);
    CHECK(some.pending[index].state == all.pending[index].state);
    CHECK(some.pending[index].reason == all.pending[index].reason);
  }
  CHECK(some.ignored.size() == all.ignored.size());
}

TEST_CASE("a survey opens no file that has lain there for long and that the ledger does not know") {
  Site site;
  site.config.directory = FETTLE_SOURCE_DIR "/tests";
  site.config.folders = {.scripts = "hostile/processor", .succeeded = "no/such", .failed = "nor/this", .order = {}};
  site.config.ledger.path = site.scratch.path("ledger.db");
  const runner::Survey all = runner::survey(site.config, runner::Digests::of_all);
  REQUIRE(all.pending.size() > 2);
  {
    ledger::Ledger ledger = ledger::Ledger::open(site.config.path(site.config.ledger.path));
    const std::int64_t run = ledger.begin_run(
        {.trigger = "manual", .by = "a", .host = "h", .reason = "", .command = "c", .pid = 1, .at = {1}});
    ledger::Finished finished;
    finished.outcome.kind = OutcomeKind::succeeded;
    const std::int64_t attempt = ledger.begin_attempt(
        {.run = run, .script = {all.pending[1].script, all.pending[1].sha256, ""}, .state = "new", .at = {1}});
    ledger.finish_attempt(attempt, finished);
  }
  const runner::Survey some = runner::survey(site.config, runner::Digests::where_needed);
  REQUIRE(some.pending.size() == all.pending.size());
  CHECK(some.pending[1].sha256 == all.pending[1].sha256);
  CHECK(some.pending[1].state == ScriptState::applied);
  CHECK(some.pending[0].sha256.empty());
  CHECK(some.pending[2].sha256.empty());
  CHECK(some.pending[2].state == ScriptState::fresh);
}

TEST_CASE("a survey tells of a new file that is still being written, whatever else it does not read") {
  Site site;
  site.scratch.write("pending/1_half.lua", "return {");
  const os::Fd writer(::open(site.scratch.path("pending/1_half.lua").c_str(), O_WRONLY | O_CLOEXEC));
  const runner::Survey survey = runner::survey(site.config, runner::Digests::where_needed);
  CHECK(survey.pending.empty());
  REQUIRE(survey.ignored.size() == 1);
  CHECK(survey.ignored[0].name == "1_half.lua");
}

TEST_CASE("a survey while a run goes on sees whose it is and what it does") {
  Site site;
  site.drop("1.lua", Site::script("log.info('now')"));
  std::optional<runner::Lock> lock;
  site.seen.on_line = [&](std::string_view) { lock = runner::survey(site.config).lock; };
  CHECK(site.run().counts.succeeded == 1);
  REQUIRE(lock);
  CHECK(lock->held);
  REQUIRE(lock->run);
  CHECK(lock->run->by == "anna");
  REQUIRE(lock->in_work);
  CHECK(lock->in_work->script == "1.lua");
  CHECK(says(runner::describe(*lock), "working on 1.lua"));
  CHECK(says(runner::describe(runner::lock_state(site.config)), "no run is going on"));
}

TEST_CASE("a plan says what a run would do with each script, asks only shouldRun(), and leaves everything as it is") {
  Site site;
  fill(site);
  const std::string ran = site.ran();
  const auto before = picture_of(site);
  const runner::PlanReport plan = runner::plan(site.config, {}, {});
  CHECK(changes_since(before, site) == "");
  CHECK(site.ran() == ran);
  CHECK(plan.scripts.size() == 6);
  CHECK(planned(plan, "3_changed.lua").forecast == Forecast::would_run);
  CHECK(says(planned(plan, "3_changed.lua").reason, "changed since"));
  CHECK(planned(plan, "4_same.lua").forecast == Forecast::would_skip);
  CHECK(planned(plan, "5_retry.lua").forecast == Forecast::would_run);
  CHECK(planned(plan, "6_fresh.lua").forecast == Forecast::would_run);
  CHECK(planned(plan, "7_no.lua").forecast == Forecast::would_skip);
  CHECK(planned(plan, "8_bad.lua").forecast == Forecast::would_fail);
  CHECK(says(planned(plan, "8_bad.lua").outcome.error, "z"));
  CHECK(plan.ignored.size() == 1);
  CHECK_FALSE(plan.target_unreachable);
}

TEST_CASE("a plan before the first run makes no ledger and no folders") {
  Site site;
  site.drop("1.lua", Site::script());
  CHECK(runner::plan(site.config, {.scripts = {"1"}, .until = {}, .tags = {}, .exclude = {}}, {}).scripts.size() == 1);
  CHECK(runner::survey(site.config).pending.size() == 1);
  CHECK(runner::check(site.config, {}).scripts.size() == 1);
  CHECK(site.scratch.list() == Strings{"app.db", "pending"});
}

TEST_CASE("a plan without its database says that it cannot know") {
  Site site;
  site.config.databases = {{"main", "sqlite:absent.db"}};
  site.drop("1.lua", Site::script());
  const runner::PlanReport plan = runner::plan(site.config, {}, {});
  CHECK(plan.target_unreachable);
  REQUIRE(plan.scripts.size() == 1);
  CHECK(plan.scripts[0].forecast == Forecast::blocked);
}

TEST_CASE("a check finds what is wrong without any database, and leaves everything as it is") {
  Site site;
  fill(site);
  site.config.databases = {{"main", "sqlite:absent.db"}};
  site.drop("9_syntax.lua", "return {");
  site.drop("9_unknown.lua", "return { shuoldRun = print, execute = print }");
  site.scratch.write("elsewhere.lua", Site::script());
  const auto before = picture_of(site);
  const runner::CheckReport report = runner::check(site.config, {});
  CHECK(changes_since(before, site) == "");
  std::map<std::string, Cause> faults;
  for (const runner::Checked& checked : report.scripts)
    if (checked.outcome.kind != OutcomeKind::succeeded) faults[checked.script] = checked.outcome.cause;
  CHECK(faults == std::map<std::string, Cause>{{"9_syntax.lua", Cause::syntax}, {"9_unknown.lua", Cause::contract}});
  CHECK(report.scripts.size() == 8);
  CHECK(runner::check(site.config, {site.scratch.path("elsewhere.lua"), "6"}).scripts.size() == 2);
  CHECK_THROWS_AS(runner::check(site.config, {site.scratch.path("absent.lua")}), base::Error);
  CHECK_THROWS_AS(runner::check(site.config, {site.scratch.path()}), base::Error);
}

TEST_CASE("retry brings back what failed under names that are free, overwrites nothing, and is written down") {
  Site site;
  site.drop("1_a.lua", Site::script("error('one')"));
  site.run();
  site.drop("1_a.lua", Site::script("error('two')"));
  site.run();
  CHECK(site.scratch.list("failed") == Strings{"1_a.2.lua", "1_a.2.lua.error.txt", "1_a.lua", "1_a.lua.error.txt"});
  const std::string one = site.scratch.read("failed/1_a.lua");
  const std::string two = site.scratch.read("failed/1_a.2.lua");
  site.drop("1_a.lua", "mine");
  const Strings back = runner::requeue(site.config, {{"1_a.lua"}, false, "bert", "again"});
  REQUIRE(back.size() == 1);
  CHECK(site.scratch.read("pending/1_a.lua") == "mine");
  CHECK(site.scratch.read("pending/" + back[0]) == one);
  CHECK(site.scratch.read("failed/1_a.2.lua") == two);
  CHECK_FALSE(site.scratch.exists("failed/1_a.lua.error.txt"));
  CHECK(runner::requeue(site.config, {{}, true, "", ""}).size() == 1);
  CHECK(site.scratch.list("failed").empty());
  CHECK(site.scratch.list("pending").size() == 3);
  CHECK(site.sql("SELECT group_concat(by || ':' || reason) FROM events WHERE by = 'bert'", ".fettle/ledger.db") ==
        "bert:again");
}

TEST_CASE("retry of a script that did not fail moves nothing at all") {
  Site site;
  site.drop("1_a.lua", Site::script("error('x')"));
  site.run();
  try {
    runner::requeue(site.config, {{"1_a", "2_b"}, false, "", ""});
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::usage);
  }
  CHECK(site.scratch.exists("failed/1_a.lua"));
  CHECK(site.scratch.list("pending").empty());
}

#include "runner/guards.hpp"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "os/host.hpp"
#include "runner/run_fixture.hpp"
#include "runner/run_lock.hpp"

using support::says;
using support::Site;

namespace {

// Names what comes, and is told what may not be.
class Names : public core::Feed {
 public:
  core::Arrivals next;
  std::vector<std::string> told;
  std::string left_out;
  bool is_over = false;

  core::Arrivals changes() override { return std::exchange(next, {}); }
  bool ended() override { return is_over; }
  bool leaves_out(const std::string& script, const core::FileStamp&) const override { return script == left_out; }
  void untried(const std::string&, const core::FileStamp&) override {}
  void refused(const std::string& script, const core::FileStamp& stamp, const std::string& reason,
               std::optional<base::Instant> until) override {
    CHECK(stamp.inode != 0);
    told.push_back(fmt::format("{} {}: {}", script, until ? "later" : "never", reason));
  }
};

// Closed for the day before yesterday's weekday and open on all others, or the other way round.
std::string hours(bool open) {
  constexpr const char* k_days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  core::Config config;
  for (const char* day : k_days) {
    config.guard.hours = fmt::format("{} 00:00-24:00", day);
    if (runner::forbidden(config).has_value() != open) return config.guard.hours;
  }
  FAIL("no day is ", open ? "open" : "closed");
  return "";
}

}  // namespace

TEST_CASE("guards: a run is told by this machine's name, environment and clock whether it may be") {
  core::Config config;
  CHECK_FALSE(runner::forbidden(config));
  config.guard.hosts = os::host_name();
  CHECK_FALSE(runner::forbidden(config));
  config.guard.hosts = "no-such-host";
  CHECK(runner::forbidden(config)->found == "this host is " + os::host_name());
  config.guard = {.hosts = {}, .variable = "FETTLE_TEST_GUARD=yes", .hours = {}};
  CHECK(runner::forbidden(config)->found == "FETTLE_TEST_GUARD is not set");
  ::setenv("FETTLE_TEST_GUARD", "yes", 1);
  CHECK_FALSE(runner::forbidden(config));
  ::unsetenv("FETTLE_TEST_GUARD");
  config.guard = {.hosts = {}, .variable = {}, .hours = hours(false)};
  CHECK(runner::forbidden(config)->until);
  config.guard.hours = "00:00-24:00 Mars/Olympus";
  CHECK_FALSE(runner::forbidden(config)->until);
}

TEST_CASE("guards: while no run may be, one that goes on hears of no new script") {
  core::Config config;
  Names names;
  runner::GuardedFeed feed(config, names);
  names.next = {true, {"1.lua"}};
  CHECK(feed.changes().names.size() == 1);
  config.guard.hours = hours(false);
  names.next = {true, {"2.lua"}};
  const core::Arrivals none = feed.changes();
  CHECK(none.names.empty());
  CHECK_FALSE(none.all);
  config.guard.hours = hours(true);
  names.next = {false, {"3.lua"}};
  CHECK(feed.changes().names.size() == 1);
}

TEST_CASE("guards: a run that is forbidden makes no folder, no ledger and no lock") {
  Site site;
  site.drop("1.lua", Site::script());
  site.config.guard.hosts = "no-such-host";
  const core::RunReport report = site.run();
  CHECK(report.run == 0);
  CHECK(report.counts.blocked == 1);
  CHECK(core::exit_code(report) == 8);
  CHECK(report.scripts.at(0).outcome.reason == core::describe(*report.forbidden));
  CHECK(site.seen.ended.empty());
  CHECK(site.seen.runs_ended == 1);
  CHECK_FALSE(site.scratch.exists(".fettle"));
  CHECK_FALSE(site.scratch.exists("failed"));
  CHECK(site.ran() == "");
}

TEST_CASE("guards: a supervisor is told of each script that waits, but of those that it wants left alone") {
  Site site;
  Names names;
  names.left_out = "2.lua";
  site.request.feed = &names;
  for (const char* name : {"1.lua", "2.lua", "3.lua"}) site.drop(name, Site::script());
  site.config.guard.hours = hours(false);
  CHECK(site.run().counts.blocked == 2);
  REQUIRE(names.told.size() == 2);
  CHECK(names.told[0] == "1.lua later: outside of [guard] hours \"" + site.config.guard.hours + "\"");
  CHECK(says(names.told[1], "3.lua later"));
  names.told.clear();
  site.config.guard = {.hosts = "no-such-host", .variable = {}, .hours = {}};
  site.run();
  CHECK(says(names.told.at(0), "1.lua never: [guard] hosts"));
  site.config.guard = {};
  CHECK(site.run().counts.succeeded == 2);
}

TEST_CASE("guards: a run that was allowed may not be any more when it has waited for another one") {
  Site site;
  site.drop("1.lua", Site::script());
  auto lock = std::optional<os::Fd>(runner::take_run_lock(site.config, {}, nullptr));
  const pid_t holder = ::fork();
  REQUIRE(holder >= 0);
  if (holder == 0)
    for (;;) ::pause();  // holds the lock by its copy of the descriptor
  lock.reset();
  site.request.wait = std::chrono::seconds(20);
  site.seen.on_wait = [&] {
    site.config.guard.hosts = "no-such-host";
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
  };
  const core::RunReport report = site.run();
  CHECK(site.seen.waits.size() == 1);
  CHECK(report.forbidden);
  CHECK(report.counts.blocked == 1);
  CHECK_FALSE(site.scratch.exists(".fettle/ledger.db"));
}

TEST_CASE("guards: what comes into the folder once the hours are over is not run any more") {
  for (const bool open : {true, false}) {
    CAPTURE(open);
    Site site;
    Names names;
    site.request.feed = &names;
    site.config.guard.hours = hours(true);
    site.drop("1.lua", Site::script());
    site.seen.on_start = [&](std::string_view script) {
      if (script != "1.lua") return;
      site.drop("2.lua", Site::script());
      names.next = {false, {"2.lua"}};
      site.config.guard.hours = hours(open);
    };
    CHECK(site.run().counts.succeeded == (open ? 2 : 1));
  }
}

TEST_CASE("hooks: before_run is not called for what a supervisor wants left alone") {
  Site site;
  Names names;
  names.left_out = "1.lua";
  site.request.feed = &names;
  site.drop("1.lua", Site::script());
  site.config.hooks.before_run = "touch called";
  CHECK(site.run().run == 0);
  CHECK_FALSE(site.scratch.exists("called"));
  site.drop("2.lua", Site::script());
  CHECK(site.run().counts.succeeded == 1);
  CHECK(site.scratch.exists("called"));
}

TEST_CASE("hooks: nothing begins behind before_run once nobody supervises any more") {
  Site site;
  Names names;
  site.request.feed = &names;
  site.drop("1.lua", Site::script());
  site.config.hooks.before_run = "true";
  site.seen.on_hook = [&names](const core::HookReport&) { names.is_over = true; };
  const core::RunReport report = site.run();
  CHECK(report.counts.total() == 0);
  CHECK(site.ran() == "");
}

TEST_CASE("guards: nothing that is pending is nothing to do, whatever is forbidden") {
  Site site;
  site.config.guard.hosts = "no-such-host";
  const core::RunReport report = site.run();
  CHECK(report.counts.total() == 0);
  CHECK(core::exit_code(report) == 0);
}

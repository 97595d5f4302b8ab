#include "runner/live_log.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <thread>

#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/site.hpp"

namespace {

core::Config config_in(const support::Scratch& scratch) {
  core::Config config;
  config.directory = scratch.path();
  config.ledger.path = "ledger.db";
  return config;
}

void wait_until_due(const runner::LiveLog& log) {
  std::this_thread::sleep_until(log.due() + std::chrono::milliseconds(1));
}

}  // namespace

TEST_CASE("a script that is over soon leaves no log of what goes on, and one that takes longer does while it works") {
  const support::Scratch scratch;
  const core::Config config = config_in(scratch);
  {
    runner::LiveLog log(config, 7);
    CHECK(log.due() == os::Deadline::max());
    log.add(core::LineLevel::info, "first\nof two");
    log.write();
    CHECK(runner::live_lines(config, 7).empty());
    wait_until_due(log);
    log.write();
    log.add(core::LineLevel::error, "later: <b>");
    const auto lines = runner::live_lines(config, 7);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].text == "first");
    CHECK(lines[1].text == "of two");
    CHECK(lines[1].level == core::LineLevel::info);
    CHECK(runner::live_lines(config, 8).empty());
    wait_until_due(log);
    log.write();
    REQUIRE(runner::live_lines(config, 7).size() == 3);
    CHECK(runner::live_lines(config, 7)[2].level == core::LineLevel::error);
    CHECK(runner::live_lines(config, 7)[2].text == "later: <b>");
  }
  CHECK(runner::live_lines(config, 7).empty());
}

TEST_CASE("what a killed run left is not taken for another attempt's, and the next one begins anew") {
  const support::Scratch scratch;
  const core::Config config = config_in(scratch);
  support::write_file(scratch.path() + "/live.log", "7\n1 info old\n2 warn half");
  CHECK(runner::live_lines(config, 8).empty());
  REQUIRE(runner::live_lines(config, 7).size() == 1);
  runner::LiveLog log(config, 8);
  log.add(core::LineLevel::warn, "new");
  wait_until_due(log);
  log.write();
  REQUIRE(runner::live_lines(config, 8).size() == 1);
  CHECK(runner::live_lines(config, 8)[0].text == "new");
}

TEST_CASE("lines of a script can be read while it works, although nothing more comes from it") {
  const support::Site site;
  site.write("fix-scripts/001_slow.lua",
             "return { shouldRun = function() return true end, execute = function() log.warn('half way') "
             "local till = os.time() + 3 while os.time() < till do end return { executed = true } end }");
  core::Config config;
  config.directory = site.path(".");
  config.ledger.path = ".fettle/ledger.db";
  support::Program run({.command = {support::fettle_binary(), "run"}, .directory = site.path("."), .environment = {}});
  std::vector<ledger::LogLine> lines;
  CHECK(support::wait_until([&] { return !(lines = runner::live_lines(config, 1)).empty(); }));
  CHECK_FALSE(run.is_over());
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text == "half way");
  CHECK(lines[0].level == core::LineLevel::warn);
  CHECK(run.wait(support::Seconds(30)).status == 0);
  CHECK(runner::live_lines(config, 1).empty());
  CHECK_FALSE(site.exists(".fettle/live.log"));
}

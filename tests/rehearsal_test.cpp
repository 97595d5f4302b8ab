// `fettle run --on-copy`: everything happens, and nothing of what a person has is changed.
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "support/site.hpp"

using nlohmann::json;
using support::Ended;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

// All that a rehearsal must leave alone; its trace in the ledger is looked at apart.
std::string state_of(const Site& site) {
  std::string state = site.sql(".dump") + site.sql("select count(*) from attempts", ".fettle/ledger.db");
  for (const std::string& name : site.tree())
    if (name.find(".fettle") == std::string::npos) state += name + "\n";
  return state;
}

std::vector<std::string> beside_ledger(const Site& site) {
  std::vector<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(site.path(".fettle")))
    if (each.is_directory()) names.push_back(each.path().filename());
  return names;
}

// Where a rehearsal at work has its copies, once all of them are there.
std::string copies_of(const Site& site) {
  if (!site.exists(".fettle")) return {};
  for (const std::string& name : beside_ledger(site))
    if (site.exists(".fettle/" + name + "/fix-scripts/001_a.lua")) return ".fettle/" + name;
  return {};
}

const std::string k_failing =
    "return { shouldRun = function() return true end, execute = function() db.exec('delete from ran') error('no luck') "
    "end }";

}  // namespace

TEST_CASE("journey: a rehearsal does everything on copies, and changes nothing else") {
  for (const char* mode : {"delete", "wal"}) {
    CAPTURE(mode);
    const Site site("environment = \"test\"\n");
    site.sql(fmt::format("pragma journal_mode = {}", mode));
    site.write("fix-scripts/001_applied.lua", support::k_good);
    REQUIRE(site.fettle({"run"}).status == 0);
    site.write("fix-scripts/001_applied.lua", support::k_good);
    site.write("fix-scripts/002_good.lua", support::k_good);
    site.write("fix-scripts/003_failing.lua", k_failing);
    site.write("fix-scripts/004_loose.lua",
               "return { transaction = false, " + support::k_good.substr(support::k_good.find('{') + 1));
    const std::string before = state_of(site);
    const json report = site.fettle_json({"run", "--on-copy", "--json", "--by", "anna", "--reason", "try"});
    CHECK(report.at("exit_code") == 4);
    CHECK(report.at("dry_run") == true);
    CHECK(report.at("copies").is_null());
    CHECK(report.at("counts").at("succeeded") == 2);
    CHECK(report.at("counts").at("failed") == 1);
    CHECK(report.at("counts").at("skipped") == 1);  // the copy of the ledger knows it
    CHECK(state_of(site) == before);
    CHECK(beside_ledger(site).empty());
    CHECK(site.sql("select verb || ' ' || by || ' ' || reason from events", ".fettle/ledger.db") ==
          "rehearse anna try");
    CHECK(site.fettle({"run"}).status == 4);  // for real, the same
    CHECK(site.sql("select script from ran") == "001_applied.lua 002_good.lua 004_loose.lua");
  }
}

TEST_CASE("journey: the copies of a rehearsal are kept when asked, with all that happened to them") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  const json report = site.fettle_json({"run", "--on-copy", "--keep", "--json"});
  const std::string copies = report.at("copies");
  CHECK(site.fettle_json({"-C", copies, "history", "--json"}).at(0).at("outcome") == "succeeded");
  CHECK(site.sql("select script from ran", copies + "/database-1.db") == "001_a.lua");
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(site.exists("fix-scripts/001_a.lua"));
}

TEST_CASE("journey: a real run goes on beside a rehearsal") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_slow);
  Program rehearsal(site.launch({"run", "--on-copy"}));
  REQUIRE(support::wait_until([&] { return !copies_of(site).empty(); }));
  site.write("fix-scripts/001_a.lua", support::k_good);
  CHECK(site.fettle({"run"}).status == 0);
  CHECK_FALSE(rehearsal.is_over());
  CHECK(rehearsal.wait(Seconds(30)).status == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
}

TEST_CASE("journey: a rehearsal that cannot copy a database says so, and leaves nothing behind") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  {
    const Program holder(
        {.command = {"sqlite3", site.path("app.db"), "begin exclusive;", ".shell touch held; sleep 60"},
         .directory = site.path("."),
         .environment = {}});
    REQUIRE(support::wait_until([&] { return site.exists("held"); }));
    const Ended ended = site.fettle({"run", "--on-copy"});
    CHECK(ended.status == 6);
    CHECK(ended.err.find("database main") != std::string::npos);
  }
  CHECK(beside_ledger(site).empty());
  CHECK(site.exists("fix-scripts/001_a.lua"));
}

TEST_CASE("journey: a database that would be made by a run is not made by a rehearsal") {
  const Site site;
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:new.db?mode=rwc\"\n");
  site.write("fix-scripts/001_a.lua",
             "return { shouldRun = function() return true end, execute = function() "
             "db.exec('create table made (x)') return { executed = true } end }");
  CHECK(site.fettle({"run", "--on-copy"}).status == 0);
  CHECK_FALSE(site.exists("new.db"));
}

TEST_CASE("journey: a rehearsal goes well wherever the folder lies") {
  const Site site;
  std::filesystem::create_directories(site.path("a?mode=ro/fix-scripts"));
  site.write("a?mode=ro/config.toml", "[databases.main]\nurl = \"sqlite:app.db\"\n");
  site.sql("create table ran (script text)", "a?mode=ro/app.db");
  site.write("a?mode=ro/fix-scripts/001_a.lua", support::k_good);
  CHECK(site.fettle({"-C", "a?mode=ro", "run", "--on-copy"}).status == 0);
}

TEST_CASE("journey: a rehearsal is refused where a copy could lead back to the original") {
  const Site site;
  site.write("config.toml", "[databases.main]\nurl = \"mariadb://nobody@127.0.0.1:1/nothing\"\n");
  const Ended ended = site.fettle({"run", "--on-copy"});
  CHECK(ended.status == 2);
  CHECK(ended.err.find("main is of mariadb") != std::string::npos);
  CHECK(site.fettle({"run", "--keep"}).status == 2);
}

TEST_CASE("journey: what a killed rehearsal has left is removed by a later one, and nothing of a living one is") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_slow);
  Program rehearsal(site.launch({"run", "--on-copy"}));
  std::string left;
  REQUIRE(support::wait_until([&] { return !(left = copies_of(site)).empty(); }));
  const timespec old[2] = {{0, 0}, {0, 0}};
  REQUIRE(::utimensat(AT_FDCWD, site.path(left).c_str(), old, 0) == 0);
  site.write("fix-scripts/001_a.lua", support::k_good);
  CHECK(site.fettle({"run", "--on-copy"}).status == 0);
  CHECK(site.exists(left));
  rehearsal.signal(SIGKILL);
  rehearsal.wait(Seconds(30));
  // What it had started may still take its journal away.
  CHECK(support::wait_until([&] {
    ::utimensat(AT_FDCWD, site.path(left).c_str(), old, 0);
    return site.fettle({"run", "--on-copy"}).status == 0 && !site.exists(left);
  }));
}

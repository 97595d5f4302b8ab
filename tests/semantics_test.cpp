// Thirteen questions on which systems that run scripts once answer differently, each with fettle's answer, on the built
// program.
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>

#include "support/site.hpp"

using nlohmann::json;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

std::string script(const std::string& asked, const std::string& body) {
  return fmt::format("return {{ shouldRun = function() {} end, execute = function() {} end }}", asked, body);
}

std::string doing(const std::string& body) {
  return script("return true", body);
}

const std::string k_write = "db.exec('insert into ran values (?)', ctx.script) ";
const std::string k_good = doing(k_write + "return { executed = true }");

json run(const Site& site, std::vector<std::string> more = {}) {
  more.insert(more.begin(), "run");
  more.emplace_back("--json");
  return site.fettle_json(more);
}

std::string outcomes(const json& report) {
  std::string all;
  for (const json& each : report.at("scripts")) all += (all.empty() ? "" : " ") + each.at("outcome").get<std::string>();
  return all;
}

std::string ran(const Site& site) {
  return site.sql("select script from ran order by rowid");
}

}  // namespace

TEST_CASE("journey: semantics: shouldRun() false is a skip of its own, filed or kept as configured") {
  const Site site;
  site.write("fix-scripts/001.lua", script("return false", "return { executed = true }"));
  CHECK(outcomes(run(site)) == "skipped");
  CHECK(site.exists("successfully-ran/001.lua"));
  CHECK(site.fettle_json({"history", "--outcome", "succeeded", "--json"}).empty());
  CHECK(site.fettle_json({"history", "--text", "SHOULDRUN() said", "--json"}).size() == 1);
  CHECK(site.fettle_json({"history", "--text", "%", "--json"}).empty());
  const Site keeping("skipped = \"keep\"\n");
  keeping.write("fix-scripts/001.lua", script("return false", "return { executed = true }"));
  CHECK(outcomes(run(keeping)) == "skipped");
  CHECK(outcomes(run(keeping)) == "skipped");  // asked again
  CHECK(keeping.exists("fix-scripts/001.lua"));
}

TEST_CASE("journey: semantics: a skip from within the script is skipped with its reason, and rolled back") {
  const Site site;
  site.write("fix-scripts/001.lua", doing(k_write + "skip('nothing to mend')"));
  const json report = run(site);
  CHECK(outcomes(report) == "skipped");
  CHECK(report.at("scripts").at(0).at("reason") == "nothing to mend");
  CHECK(ran(site).empty());
}

TEST_CASE("journey: semantics: a failure that the script returns is a failure") {
  const Site site;
  site.write("fix-scripts/001.lua", doing(k_write + "return { executed = false, message = 'three are left' }"));
  site.write("fix-scripts/002.lua", doing(k_write + "return nil, 'no'"));
  CHECK(outcomes(run(site)) == "failed failed");
  CHECK(ran(site).empty());
  CHECK(site.exists("failed/001.lua"));
}

TEST_CASE("journey: semantics: a raised error goes to failed/, and the run goes on unless it is to stop") {
  for (const bool stops : {false, true}) {
    const Site site;
    site.write("fix-scripts/001.lua", doing("error('boom')"));
    site.write("fix-scripts/002.lua", k_good);
    CHECK(outcomes(run(site, stops ? std::vector<std::string>{"--stop-on-error"} : std::vector<std::string>{})) ==
          (stops ? "failed" : "failed succeeded"));
    CHECK(site.exists("failed/001.lua.error.txt"));
    CHECK(site.exists("fix-scripts/002.lua") == stops);
  }
}

TEST_CASE("journey: semantics: what is no Lua, and what ends its process, harms no other script") {
  const Site site;
  site.write("fix-scripts/001.lua", "this is no Lua");
  site.write("fix-scripts/002.lua", doing("local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end"));
  site.write("fix-scripts/003.lua", k_good);
  CHECK(outcomes(run(site)) == "failed failed succeeded");
}

TEST_CASE("journey: semantics: what failed is not tried again until it is moved back or retried") {
  const Site site;
  site.write("fix-scripts/001.lua", doing("error('boom')"));
  CHECK(outcomes(run(site)) == "failed");
  CHECK(outcomes(run(site)).empty());
  site.write("failed/001.lua", k_good);
  CHECK(outcomes(site.fettle_json({"retry", "001", "--json"})) == "succeeded");
  CHECK(ran(site) == "001.lua");
}

TEST_CASE("journey: semantics: what was rolled back can be pending again") {
  const Site site;
  site.write("fix-scripts/001.lua",
             "return { shouldRun = function() return true end, execute = function() " + k_write +
                 "return { executed = true } end, rollback = function() db.exec('delete from ran') return { executed = "
                 "true } end }");
  CHECK(outcomes(run(site)) == "succeeded");
  CHECK(outcomes(site.fettle_json({"rollback", "001", "--yes", "--requeue", "--json"})) == "rolled_back");
  CHECK(ran(site).empty());
  CHECK(outcomes(run(site)) == "succeeded");
}

TEST_CASE("journey: semantics: the record is written before a script and after it") {
  const Site site;
  site.write("fix-scripts/001.lua", support::k_endless);
  Program going(site.launch({"run"}));
  CHECK(support::wait_until([&] {
    return site.exists(".fettle/ledger.db") &&
           site.fettle_json({"status", "--json"}).at("lock").at("in_work").is_object();
  }));
  CHECK(site.sql("select count(*) from attempts where outcome is null", ".fettle/ledger.db") == "1");
  going.signal(SIGKILL);
  going.wait(Seconds(30));
  CHECK(site.fettle({"repair"}).status == 0);
  CHECK(site.sql("select outcome from attempts", ".fettle/ledger.db") == "interrupted");
}

TEST_CASE("journey: semantics: there is always a lock, and no crash leaves it behind") {
  const Site site;
  site.write("fix-scripts/001.lua", support::k_endless);
  Program going(site.launch({"run"}));
  CHECK(support::wait_until([&] {
    return site.exists(".fettle/ledger.db") &&
           site.fettle_json({"status", "--json"}).at("lock").at("in_work").is_object();
  }));
  CHECK(site.fettle({"run"}).status == 5);
  going.signal(SIGKILL);
  going.wait(Seconds(30));
  site.write("fix-scripts/001.lua", k_good);
  CHECK(outcomes(run(site)) == "succeeded");
}

TEST_CASE("journey: semantics: a time limit stops the work and rolls it back") {
  const Site site;
  site.write("fix-scripts/001.lua",
             "return { timeout = 0.3, shouldRun = function() return true end, execute = function() " + k_write +
                 "while true do end end }");
  const json report = run(site);
  CHECK(outcomes(report) == "failed");
  CHECK(report.at("scripts").at(0).at("cause") == "timeout");
  CHECK(ran(site).empty());
}

TEST_CASE("journey: semantics: a plan asks the conditions and can write nothing") {
  const Site site;
  site.write("fix-scripts/001.lua", script("return db.value('select count(*) from ran') == 0", k_write));
  site.write("fix-scripts/002.lua", script(k_write + "return true", k_write));
  const json plan = site.fettle_json({"plan", "--json"});
  CHECK(plan.at("scripts").at(0).at("forecast") == "would_run");
  CHECK(plan.at("scripts").at(1).at("forecast") == "would_fail");
  CHECK(ran(site).empty());
}

TEST_CASE("journey: semantics: a script that was edited after it succeeded is seen to be another one") {
  for (const bool held : {false, true}) {
    const Site site(held ? "changed = \"hold\"\n" : "");
    site.write("fix-scripts/001.lua", k_good);
    CHECK(outcomes(run(site)) == "succeeded");
    site.write("fix-scripts/001.lua", k_good);
    CHECK(outcomes(run(site)) == "skipped");  // the very bytes
    site.write("fix-scripts/001.lua", k_good + "-- edited");
    const json status = site.fettle_json({"status", "--json"});
    CHECK(status.at("pending").at(0).at("state") == "changed");
    CHECK(outcomes(run(site)) == (held ? "blocked" : "succeeded"));
  }
}

TEST_CASE("journey: semantics: a file that is gone leaves its record and its text in the ledger") {
  const Site site;
  site.write("fix-scripts/001.lua", k_good);
  CHECK(outcomes(run(site)) == "succeeded");
  std::filesystem::remove(site.path("successfully-ran/001.lua"));
  const json shown = site.fettle_json({"show", "001", "--json"});
  CHECK(shown.at("outcome") == "succeeded");
  CHECK(shown.at("text") == k_good);
}

// What people tell a run that goes on, in the less usual cases: between tries, at its very end, from another user, and
// when nobody listens. The usual ones stand in script_life_test.
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "support/site.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

constexpr const char* k_ledger = ".fettle/ledger.db";

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 900));
  return found;
}

bool at_work(const Site& site) {
  return support::wait_until([&] {
    return site.fettle_json({"status", "--json"}).at("lock").at("in_work").is_object();
  });
}

std::string events(const Site& site) {
  return site.sql("select group_concat(verb || ' ' || reason, ', ') from events", k_ledger);
}

// Somebody else holds the lock of app.db for as long as this lives.
class LockedDatabase {
 public:
  explicit LockedDatabase(const Site& site)
      : holder_({.command = {"sqlite3", site.path("app.db"), "begin immediate;", ".shell touch held; sleep 60"},
                 .directory = site.path("."),
                 .environment = {}}) {
    REQUIRE(support::wait_until([&] { return site.exists("held"); }));
  }

 private:
  Program holder_;
};

const std::string k_tries =
    "return { retries = 3, backoff = '3s', timeout = '20s', shouldRun = function() return true end, execute = "
    "function() db.exec('insert into ran values (1)') return { executed = true } end }";

bool waits_for_next_try(const Site& site) {
  return support::wait_until([&] {
    const json attempts = site.fettle_json({"history", "--json"});
    return attempts.size() == 1 && attempts.at(0).at("will_retry") == true;
  });
}

}  // namespace

TEST_CASE("journey: a pause and its end within one script are on the record") {
  const Site site;
  site.write("fix-scripts/001.lua", support::k_slow);
  site.write("fix-scripts/002.lua", support::k_good);
  Program run(site.launch({"run"}));
  REQUIRE(at_work(site));
  CHECK(site.fettle({"pause", "--reason", "hold"}).status == 0);
  CHECK(site.fettle({"resume", "--reason", "go"}).status == 0);
  CHECK(run.wait(Seconds(30)).status == 0);
  CHECK(events(site) == "pause hold, resume go");
  CHECK(site.sql("select script from ran") == "001.lua 002.lua");
}

TEST_CASE("journey: a run that is paused during its last script comes to its end") {
  const Site site;
  site.write("fix-scripts/001.lua", support::k_slow);
  Program run(site.launch({"run"}));
  REQUIRE(at_work(site));
  CHECK(site.fettle({"pause", "--reason", "hold"}).status == 0);
  CHECK(run.wait(Seconds(30)).status == 0);
  CHECK(events(site) == "pause hold");
  site.write("fix-scripts/002.lua", support::k_good);
  CHECK(site.fettle({"run"}).status == 8);
  CHECK(site.fettle({"resume", "--reason", "go"}).status == 0);
  CHECK(events(site) == "pause hold, resume go");
  CHECK(site.fettle({"run"}).status == 0);
}

TEST_CASE("journey: a paused run does not try again before it is resumed") {
  const Site site;
  site.write("fix-scripts/001.lua", k_tries);
  std::optional<LockedDatabase> locked(site);
  Program run(site.launch({"run"}));
  REQUIRE(waits_for_next_try(site));
  CHECK(site.fettle({"pause", "--reason", "hold"}).status == 0);
  locked.reset();
  CHECK_FALSE(support::wait_until([&] { return run.is_over(); }, Seconds(5)));
  CHECK(site.sql("select count(*) from attempts", k_ledger) == "1");
  CHECK(site.fettle({"resume", "--reason", "go"}).status == 0);
  CHECK(run.wait(Seconds(30)).status == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
  CHECK(events(site) == "pause hold, resume go");
}

TEST_CASE("journey: a script is cancelled while its next try is waited for, and has failed") {
  const Site site;
  site.write("fix-scripts/001.lua", k_tries);
  site.write("fix-scripts/002.lua", support::k_good);
  std::optional<LockedDatabase> locked(site);
  Program run(site.launch({"run", "--stop-on-error"}));
  REQUIRE(waits_for_next_try(site));
  CHECK(has(site.fettle({"cancel", "001", "--reason", "enough"}).out, "Cancelled: 001.lua"));
  CHECK(run.wait(Seconds(30)).status == 4);
  CHECK(site.exists("fix-scripts/001.lua"));
  CHECK(site.sql("select count(*) from attempts", k_ledger) == "1");
  CHECK(events(site) == "cancel enough");
}

TEST_CASE("journey: a service hears what an administrator says") {
  if (::geteuid() != 0) return support::skip("needs another user");
  const Site site;
  site.write("fix-scripts/001.lua", support::k_good);
  for (const char* name : {"", "fix-scripts", "fix-scripts/001.lua", "app.db", "config.toml"})
    REQUIRE(::chown(site.path(name).c_str(), 65534, 65534) == 0);
  const auto as_service = [&](const std::string& verb) {
    support::Launch launch = site.launch({verb});
    launch.command.insert(launch.command.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return support::run(launch);
  };
  REQUIRE(as_service("run").status == 0);
  site.write("fix-scripts/002.lua", support::k_good);
  REQUIRE(::chown(site.path("fix-scripts/002.lua").c_str(), 65534, 65534) == 0);
  CHECK(has(site.fettle({"pause", "--reason", "root"}).out, "Paused"));
  CHECK(as_service("run").status == 8);
  CHECK(has(as_service("status").out, "paused"));
  // One that it cannot read holds it as well.
  REQUIRE(::chown(site.path(".fettle/orders/pause").c_str(), 0, 0) == 0);
  ::chmod(site.path(".fettle/orders/pause").c_str(), 0600);
  CHECK(as_service("run").status == 8);
  CHECK(as_service("resume").status == 0);
  CHECK(as_service("run").status == 0);
  CHECK(site.sql("select script from ran") == "001.lua 002.lua");
}

TEST_CASE("journey: progress that cannot be written down stops nothing") {
  const Site site;
  site.write("fix-scripts/001.lua",
             "return { transaction = false, shouldRun = function() return true end, execute = function()\n"
             "  db.exec('insert into ran values (1)') local bar = progress(1000)\n"
             "  local start = os.time() while os.time() - start < 4 do bar:step(0) end\n"
             "  return { executed = true } end }");
  Program run(site.launch({"run"}));
  REQUIRE(at_work(site));
  {
    const Program holder({.command = {"sqlite3", site.path(k_ledger), "begin immediate;", ".shell sleep 2", "commit;"},
                          .directory = site.path("."),
                          .environment = {}});
    CHECK(run.wait(Seconds(30)).status == 0);
  }
  CHECK(site.sql("select outcome from attempts", k_ledger) == "succeeded");
}

TEST_CASE("journey: the time limit holds while a data file is read") {
  const Site site;
  std::filesystem::create_directories(site.path("fix-data"));
  site.write("fix-data/big.csv", "");
  std::filesystem::resize_file(site.path("fix-data/big.csv"), std::uintmax_t{20} << 30U);
  site.write("fix-scripts/001.lua",
             "return { timeout = '1s', shouldRun = function() return true end, execute = function() "
             "data.read('big.csv') return { executed = true } end }");
  const json script = site.fettle_json({"run", "--json"}).at("scripts").at(0);
  CHECK(script.at("outcome") == "failed");
  CHECK(script.at("cause") == "timeout");
  CHECK(script.at("duration_ms").get<double>() < 4000);
}

TEST_CASE("journey: what the ledger knows against a dependency counts more than a receipt") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  REQUIRE(site.fettle({"run"}).status == 0);
  site.write("fix-scripts/001_a.lua",
             "return { shouldRun = function() return true end, execute = function() "
             "error('no luck') end }");
  site.write("fix-scripts/002_b.lua",
             "return { depends = { '001' }, " + support::k_good.substr(support::k_good.find('{') + 1));
  const json report = site.fettle_json({"run", "--json"});
  CHECK(report.at("counts").at("failed") == 1);
  CHECK(report.at("counts").at("blocked") == 1);
}

TEST_CASE("journey: a dependency by number is satisfied by the receipt of another node") {
  const Site site;
  const Site other;
  site.write("fix-scripts/007_a.lua", support::k_good);
  REQUIRE(site.fettle({"run"}).status == 0);
  other.write("config.toml", fmt::format("[databases.main]\nurl = \"sqlite:{}\"\n", site.path("app.db")));
  other.write("fix-scripts/008_b.lua",
              "return { depends = { '7' }, " + support::k_good.substr(support::k_good.find('{') + 1));
  other.write("fix-scripts/009_c.lua",
              "return { depends = { '70' }, " + support::k_good.substr(support::k_good.find('{') + 1));
  const json report = other.fettle_json({"run", "--json"});
  CHECK(report.at("counts").at("succeeded") == 1);
  CHECK(report.at("counts").at("blocked") == 1);
}

TEST_CASE("journey: what waits for a script that is blocked for good is told so, and not that it comes later") {
  const Site site;
  const auto depending = [](const std::string& on) {
    return "return { depends = { '" + on + "' }, " + support::k_good.substr(support::k_good.find('{') + 1);
  };
  site.write("fix-scripts/001_a.lua", depending("003"));
  site.write("fix-scripts/002_b.lua", depending("001"));
  site.write("fix-scripts/003_c.lua",
             "return { shouldRun = function() return true end, execute = function() "
             "error('no luck') end }");
  const json report = site.fettle_json({"run", "--json"});
  for (const json& script : report.at("scripts"))
    if (script.at("script") == "002_b.lua") {
      CHECK(script.at("outcome") == "blocked");
      CHECK(script.at("reason").get<std::string>().find("comes later") == std::string::npos);
    }
}

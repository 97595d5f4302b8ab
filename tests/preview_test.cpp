// `fettle run --dry-run`: every pending script does its work in one transaction that is rolled back.
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "support/site.hpp"

using nlohmann::json;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

std::string script(const std::string& should_run, const std::string& execute, const std::string& fields = "") {
  return fmt::format(
      "return {{ {} shouldRun = function() {} end, execute = function() {} return {{ executed = true }} end }}", fields,
      should_run, execute);
}

std::string executing(const std::string& body) {
  return script("return true", body);
}

// Of a site where nothing was ever run.
std::string state_of(const Site& site) {
  std::string state = site.sql(".dump");
  if (site.exists(".fettle/ledger.db")) {
    CHECK(site.sql("select count(*) from attempts", ".fettle/ledger.db") == "0");
    CHECK(site.sql("select count(*) from versions", ".fettle/ledger.db") == "0");
  }
  for (const std::string& name : site.tree())
    if (name.find(".fettle") == std::string::npos) state += name + "\n";
  return state;
}

json scripts_of(const json& report) {
  json found = json::object();
  for (const json& each : report.at("scripts")) found[each.at("script").get<std::string>()] = each;
  return found;
}

bool has_leftovers(const Site& site) {
  for (const auto& each : std::filesystem::directory_iterator(site.path(".fettle")))
    if (each.is_directory() && each.path().filename().string().starts_with("rehearsal-")) return true;
  return false;
}

}  // namespace

TEST_CASE("journey: a preview lets every script see what those before it did, and leaves nothing") {
  for (const char* mode : {"delete", "wal"}) {
    CAPTURE(mode);
    const Site site;
    site.sql(
        fmt::format("pragma journal_mode = {}; create table users(id integer primary key, name text); insert into "
                    "users values (1, 'anna'), (2, 'bob');",
                    mode));
    site.write("fix-scripts/001_upper.lua",
               executing("db.exec('create table log(a)') db.exec('update users set name = upper(name)')"));
    site.write("fix-scripts/002_sees.lua", script("return db.value('select name from users where id = 1') == 'ANNA'",
                                                  "db.exec('insert into log values (1)')", "depends = {'001'},"));
    site.write("fix-scripts/003_fails.lua",
               executing("db.exec('delete from users') error(ctx.preview and 'previewed' or 'for real')"));
    site.write("fix-scripts/004_no.lua", script("return db.value('select count(*) from users') == 0", ""));
    site.write("fix-scripts/005_after.lua", script("return db.value('select count(*) from log') == 1", ""));
    site.write("fix-scripts/006_loose.lua", script("return true", "", "transaction = false,"));
    const std::string before = state_of(site);
    const json report = site.fettle_json({"run", "--dry-run", "--json", "--by", "anna", "--reason", "look"});
    CHECK(report.at("exit_code") == 4);
    CHECK(report.at("dry_run") == true);
    const json scripts = scripts_of(report);
    CHECK(scripts.at("001_upper.lua").at("outcome") == "succeeded");
    CHECK(scripts.at("002_sees.lua").at("outcome") == "succeeded");
    CHECK(scripts.at("003_fails.lua").at("outcome") == "failed");
    CHECK(scripts.at("003_fails.lua").at("error").get<std::string>().find("previewed") != std::string::npos);
    CHECK(scripts.at("004_no.lua").at("outcome") == "skipped");
    CHECK(scripts.at("005_after.lua").at("outcome") == "succeeded");
    CHECK(scripts.at("006_loose.lua").at("outcome") == "blocked");
    CHECK(scripts.at("006_loose.lua").at("reason").get<std::string>().find("cannot be previewed") != std::string::npos);
    CHECK(state_of(site) == before);
    CHECK_FALSE(has_leftovers(site));
    CHECK(site.fettle_json({"run", "--json"}).at("counts").at("succeeded") == 4);  // the real run, on the same files
  }
}

TEST_CASE("journey: a preview checks deferred foreign keys as a commit would") {
  const Site site;
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db?foreign_keys=on\"\n");
  site.sql(
      "create table users(id integer primary key, boss integer references users(id) deferrable initially deferred);"
      "insert into users values (1, null), (2, 1);");
  site.write("fix-scripts/001_breaks.lua", executing("db.exec('delete from users where id = 1')"));
  site.write("fix-scripts/002_mends.lua",
             executing("db.exec('delete from users where id = 1') db.exec('delete from users where id = 2')"));
  const json scripts = scripts_of(site.fettle_json({"run", "--dry-run", "--json"}));
  CHECK(scripts.at("001_breaks.lua").at("outcome") == "failed");
  CHECK(scripts.at("001_breaks.lua").at("error").get<std::string>().find("FOREIGN KEY") != std::string::npos);
  CHECK(scripts.at("002_mends.lua").at("outcome") == "succeeded");
  CHECK(site.sql("select count(*) from users") == "2");
}

TEST_CASE("journey: nothing is told of scripts behind one that took the preview's transaction with it") {
  const Site site;
  site.sql("create table numbers(n)");
  site.write("fix-scripts/001_good.lua", executing("db.exec('insert into numbers values (1)')"));
  site.write("fix-scripts/002_endless.lua",
             script("return true",
                    "db.exec('insert into numbers with recursive c(n) as (select 1 union all select n + 1 from c) "
                    "select n from c')",
                    "timeout = '300ms',"));
  site.write("fix-scripts/003_behind.lua", executing(""));
  const std::string before = state_of(site);
  const json scripts = scripts_of(site.fettle_json({"run", "--dry-run", "--json"}));
  CHECK(scripts.at("001_good.lua").at("outcome") == "succeeded");
  CHECK(scripts.at("002_endless.lua").at("cause") == "timeout");
  CHECK(scripts.at("003_behind.lua").at("outcome") == "blocked");
  CHECK(state_of(site) == before);
}

TEST_CASE("journey: a killed preview leaves the database as it was, and a later one clears up") {
  const Site site;
  site.sql("create table numbers(n); insert into numbers values (1)");
  site.write("fix-scripts/001_many.lua",
             executing("db.exec('delete from numbers') for i = 1, 1e9 do db.exec('insert into numbers values (?)', i) "
                       "end"));
  const std::string before = state_of(site);
  Program program(site.launch({"run", "--dry-run"}));
  REQUIRE(support::wait_until(
      [&] { return site.exists("app.db-journal") && std::filesystem::file_size(site.path("app.db-journal")) > 0; }));
  program.signal(SIGKILL);
  CHECK(support::wait_until([&] { return site.sql("select count(*) from numbers") == "1"; }));
  site.write("fix-scripts/001_many.lua", executing("db.exec('delete from numbers')"));
  CHECK(site.fettle({"run", "--dry-run"}).status == 0);
  CHECK(site.sql("select count(*) from numbers") == "1");
}

TEST_CASE("journey: while a preview works, a run waits for the lock and is told so") {
  const Site site;
  site.write("fix-scripts/001_slow.lua", executing("local t = os.time() while os.time() < t + 3 do end"));
  Program program(site.launch({"run", "--dry-run"}));
  REQUIRE(support::wait_until([&] { return site.fettle_json({"status", "--json"}).at("lock").at("held") == true; }));
  CHECK(site.fettle({"run"}).status == 5);
  CHECK(program.wait(Seconds(60)).status == 0);
  CHECK(site.fettle({"run"}).status == 0);
}

TEST_CASE(
    "journey: a preview of nothing says so, and a report that cannot be written is refused before anything is done") {
  const Site site;
  const support::Ended nothing = site.fettle({"run", "--dry-run"});
  CHECK(nothing.status == 0);
  CHECK(nothing.out.find("Nothing to do") != std::string::npos);
  CHECK(nothing.out.find("--plan") == std::string::npos);
  site.write("report.html", "mine");
  site.write("fix-scripts/001_a.lua", support::k_good);
  CHECK(site.fettle({"run", "--output", "report.html"}).status == 2);
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(support::read_file(site.path("report.html")) == "mine");
}

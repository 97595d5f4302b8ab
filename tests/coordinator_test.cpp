// Scripts that say database = false, and what one node sees of the others, on the built program and with real servers.
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "support/engine.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

std::string reporting(const std::string& body) {
  return "return { database = false, shouldRun = function() return true end, execute = function() " + body +
         " return { executed = true, message = 'told' } end }";
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 700));
  return found;
}

json first_of(const Site& site, std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const json report = site.fettle_json(arguments);
  REQUIRE(report.at("scripts").size() == 1);
  return report.at("scripts").at(0);
}

std::string fleet_of(const std::string& node, const std::string& more = "") {
  return "[fleet]\nnode = \"" + node + "\"\n" + more;
}

std::vector<std::string> servers() {
  std::vector<std::string> names;
  for (const Engine& engine : {support::postgresql_engine(), support::mariadb_engine()})
    if (!engine.name.empty()) names.push_back(engine.name);
  return names;
}

Engine engine_of(const std::string& name) {
  return name == "postgresql" ? support::postgresql_engine() : support::mariadb_engine();
}

}  // namespace

TEST_CASE("journey: a script that writes no database may read, and leaves its receipt, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    const std::string name = engine.name + ".lua";
    site.write("fix-scripts/" + name, reporting(R"lua(
      assert(db.value("select 40 + ?", 2) == 42)
      local sum = 0
      for row in db.rows("select 1 as n union all select 2") do sum = sum + row.n end
      assert(sum == 3)
    )lua"));
    const json script = first_of(site, {"run"});
    CHECK(script.at("error") == nullptr);
    CHECK(script.at("outcome") == "succeeded");
    CHECK(engine.ask("select count(*) from fettle_receipts where script = '" + name + "'") == "1");

    for (const char* sql : {"create table made (a int)", "insert into fettle_receipts (script) values (1)"}) {
      site.write("fix-scripts/writes_" + name, reporting(fmt::format("db.exec('{}')", sql)));
      CHECK(first_of(site, {"run"}).at("outcome") == "failed");
    }
    CHECK(engine.ask("select count(*) from fettle_receipts") == "1");
    site.write("fix-scripts/fails_" + name, reporting("error('no')"));
    CHECK(first_of(site, {"run"}).at("outcome") == "failed");
    CHECK(engine.ask("select count(*) from fettle_receipts") == "1");
  }
}

TEST_CASE("journey: a script that writes no database is executed by one node, through the coordinator") {
  for (const std::string& name : servers()) {
    CAPTURE(name);
    const Engine shared = engine_of(name);
    const Site first, second;
    for (const auto& [site, node] : {std::pair(&first, "first"), std::pair(&second, "second")}) {
      support::use(*site, support::sqlite_engine(*site),
                   "[databases.shared]\nurl = \"" + shared.url + "\"\n" + fleet_of(node, "coordinator = \"shared\"\n"));
      site->write("fix-scripts/001.lua", reporting("assert(db.engine == '" + name + "')"));
      site->write("fix-scripts/002.lua", support::k_good);  // the node's own
    }
    CHECK(first.fettle({"run"}).status == 0);
    const json report = second.fettle_json({"run", "--json"});
    CHECK(report.at("scripts").at(0).at("outcome") == "skipped");
    CHECK(has(report.at("scripts").at(0).at("reason"), "already applied by first"));
    CHECK(report.at("scripts").at(1).at("outcome") == "succeeded");
    CHECK(shared.ask("select count(*) from fettle_receipts") == "1");
    CHECK(second.sql("select count(*) from fettle_receipts") == "1");
  }
}

TEST_CASE("journey: a coordinator that is no configured database is refused, with the name that was meant") {
  const Site site(fleet_of("first", "coordinator = \"mian\"\n"));
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 2);
  CHECK(has(ended.err, "did you mean main?"));
}

TEST_CASE("journey: the history of a fleet is read from its database, and a node sees who is at work") {
  for (const std::string& name : servers()) {
    CAPTURE(name);
    const Engine engine = engine_of(name);
    engine.ask("create table ran (script varchar(100))");
    if (name == "postgresql") engine.ask("alter table ran owner to fettle");
    const Site first, second;
    support::use(first, engine, fleet_of("first"));
    support::use(second, engine, fleet_of("second"));
    CHECK(has(first.fettle({"history", "--fleet"}).out, "Nothing was applied yet"));
    for (const Site* site : {&first, &second}) site->write("fix-scripts/001.lua", support::k_good);
    CHECK(first.fettle({"run"}).status == 0);
    second.write("fix-scripts/002.lua", support::k_good);
    CHECK(second.fettle({"run"}).status == 0);

    const Ended told = first.fettle({"history", "--fleet"});
    CHECK(told.status == 0);
    CHECK(has(told.out, "first         1  001.lua"));
    CHECK(has(told.out, "second        2  002.lua"));
    const json all = first.fettle_json({"history", "--fleet", "--json"});
    REQUIRE(all.size() == 2);
    CHECK(all.at(0).at("script") == "002.lua");
    CHECK(all.at(0).at("node") == "second");
    CHECK(all.at(0).at("state") == "applied");
    CHECK(all.at(1).at("node") == "first");
    CHECK(first.fettle_json({"history", "--fleet", "--json", "--limit", "1"}).size() == 1);
    CHECK(first.fettle({"history", "--fleet", "--outcome", "failed"}).status == 2);
    CHECK(has(first.fettle({"status"}).out, "no node is at work"));

    for (const Site* site : {&first, &second}) site->write("fix-scripts/003.lua", support::k_endless);
    Program run(second.launch({"run"}));
    REQUIRE(support::wait_until([&] {
      const json status = first.fettle_json({"status", "--json"});
      const json& at_work = status.at("fleet").at("at_work");
      return !at_work.empty() && at_work.at(0).at("node") == "second" && at_work.at(0).at("script") == "003.lua";
    }));
    CHECK(has(first.fettle({"status"}).out, "second is at work on 003.lua"));
    run.signal(SIGKILL);
    run.wait(Seconds(10));
    CHECK(support::wait_until([&] {
      return first.fettle_json({"status", "--json"}).at("fleet").at("at_work").empty();
    }));
  }
}

TEST_CASE("journey: a fleet whose database is gone is told as that, and everything else is still told") {
  const Site site(fleet_of("first"));
  support::use(site, {"postgresql", "postgresql://fettle@127.0.0.1:1/gone", {}}, fleet_of("first"));
  const Ended status = site.fettle({"status"});
  CHECK(status.status == 0);
  CHECK(has(status.out, "main cannot be asked"));
  const Ended history = site.fettle({"history", "--fleet"});
  CHECK(history.status == 6);
  CHECK(has(history.err, "main cannot be asked"));
}

TEST_CASE("journey: a script that lets the lock of its node go leaves no receipt") {
  const Engine engine = support::postgresql_engine();
  if (engine.name.empty()) return;
  const Site site;
  support::use(site, engine);
  site.write("fix-scripts/001.lua", reporting("db.query('select pg_advisory_unlock_all()')"));
  const json script = first_of(site, {"run"});
  CHECK(script.at("outcome") == "failed");
  CHECK(has(script.at("error"), "the lock of this script was let go"));
  CHECK(engine.ask("select count(*) from fettle_receipts") == "0");
}

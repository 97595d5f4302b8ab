// `fettle request`: one person asks for a run, others agree, and then exactly that runs. By the built programs.
#include <csignal>
#include <doctest/doctest.h>
#include <string>

#include "support/served.hpp"

using nlohmann::json;
using support::Ended;
using support::ServedSite;
using support::Site;

namespace {

const std::string k_approvals = "[web]\napprovals = 1\n";

void add_script(const Site& site, const std::string& name) {
  site.write("fix-scripts/" + name, support::k_good);
}

std::string ran(const Site& site) {
  return site.sql("select group_concat(script) from ran");
}

std::string ask(const Site& site, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"--json", "request", "run", "--by", "anna", "--reason", "release"};
  words.insert(words.end(), more.begin(), more.end());
  return std::to_string(site.fettle_json(words).at("request").get<std::int64_t>());
}

}  // namespace

TEST_CASE("a run that was asked for runs once another has said yes, and only once") {
  const Site site(k_approvals);
  add_script(site, "001_a.lua");
  add_script(site, "002 'b'.lua");
  const std::string id = ask(site);
  const Ended early = site.fettle({"run", "--request", id});
  CHECK(early.status == 2);
  CHECK(early.err.find("needs the yes of 1 person other than anna, and has 0") != std::string::npos);
  const Ended own = site.fettle({"request", "approve", id, "--by", "anna"});
  CHECK(own.status == 2);
  CHECK(own.err.find("cannot also say yes") != std::string::npos);
  CHECK(site.fettle({"request", "approve", id, "--by", "bert"}).status == 0);
  add_script(site, "003_later.lua");
  const Ended run = site.fettle({"run", "--request", id, "--by", "anna"});
  CHECK(run.status == 0);
  CHECK(ran(site) == "001_a.lua,002 'b'.lua");
  CHECK(site.exists("fix-scripts/003_later.lua"));
  const Ended again = site.fettle({"run", "--request", id});
  CHECK(again.status == 2);
  CHECK(again.err.find("a run was begun by it") != std::string::npos);
  const json list = site.fettle_json({"request", "list", "--json"});
  REQUIRE(list.size() == 1);
  CHECK(list[0].at("used_at").is_string());
  CHECK(list[0].at("voices")[0].at("by") == "bert");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("other bytes than those that were agreed to do not run, and neither does anything else of the request") {
  const Site site(k_approvals);
  add_script(site, "001_a.lua");
  add_script(site, "002_b.lua");
  const std::string id = ask(site);
  CHECK(site.fettle({"request", "approve", id, "--by", "bert"}).status == 0);
  site.write("fix-scripts/002_b.lua", support::k_good + "-- changed\n");
  const Ended changed = site.fettle({"run", "--request", id});
  CHECK(changed.status == 2);
  CHECK(changed.err.find("not the version of request") != std::string::npos);
  std::filesystem::remove(site.path("fix-scripts/002_b.lua"));
  CHECK(site.fettle({"run", "--request", id}).err.find("is not pending any more") != std::string::npos);
  CHECK(ran(site).empty());
  site.write("fix-scripts/002_b.lua", support::k_good);
  CHECK(site.fettle({"run", "--request", id}).status == 0);
  CHECK(ran(site) == "001_a.lua,002_b.lua");
}

TEST_CASE("a request that somebody refused never runs") {
  const Site site(k_approvals);
  add_script(site, "001_a.lua");
  const std::string id = ask(site, {"001"});
  CHECK(site.fettle({"request", "approve", id, "--by", "bert"}).status == 0);
  CHECK(site.fettle({"request", "refuse", id, "--by", "carl", "--reason", "not today"}).status == 0);
  CHECK(site.fettle({"run", "--request", id}).err.find("carl has refused it: not today") != std::string::npos);
  CHECK(site.fettle({"request", "approve", id, "--by", "dora"}).status == 2);
  CHECK(ran(site).empty());
  CHECK(site.fettle({"request", "approve", "999", "--by", "bert"}).status == 2);
  CHECK(site.fettle({"run", "--request", "999"}).status == 2);
}

TEST_CASE("where nothing is pending, nothing is asked for") {
  const Site site(k_approvals);
  CHECK(site.fettle({"request", "run"}).out.find("Nothing is pending") != std::string::npos);
  CHECK(site.fettle_json({"request", "list", "--json"}).empty());
}

TEST_CASE("a request whose run was killed is used up") {
  const Site site(k_approvals);
  site.write("fix-scripts/001_a.lua", support::k_endless);
  const std::string id = ask(site);
  CHECK(site.fettle({"request", "approve", id, "--by", "bert"}).status == 0);
  support::Program run(site.launch({"run", "--request", id}));
  CHECK(support::wait_until([&] {
    return site.fettle_json({"status", "--json"}).at("lock").at("in_work").is_object();
  }));
  run.signal(SIGKILL);
  run.wait(support::Seconds(20));
  CHECK(site.fettle({"run", "--request", id}).err.find("a run was begun by it") != std::string::npos);
}

TEST_CASE("with approvals the button asks for a run, and the run that others agreed to may be pressed") {
  const ServedSite site(k_approvals);
  add_script(site, "001_a.lua");
  const std::string json_type = "Content-Type: application/json\r\n";
  const std::string anna = support::bearer(site.token("anna", "run")) + json_type;
  const std::string bert = support::bearer(site.token("bert", "run")) + json_type;
  const json asked = site.done("/api/v1/runs", R"({"reason": "release"})", anna);
  CHECK(asked.at("exit_code") == 0);
  const std::string id = std::to_string(asked.at("result").at("request").get<std::int64_t>());
  CHECK(asked.at("result").at("by") == "anna");
  CHECK(site.done("/api/v1/requests/" + id + "/approve", "{}", anna).at("exit_code") == 2);
  CHECK(site.done("/api/v1/runs", R"({"request": )" + id + "}", anna).at("exit_code") == 2);
  CHECK(site.done("/api/v1/requests/" + id + "/approve", "{}", bert).at("exit_code") == 0);
  CHECK(site.get("/api/v1/requests", anna).json()[0].at("may_run") == true);
  CHECK(ran(site).empty());
  CHECK(site.done("/api/v1/runs", R"({"request": )" + id + "}", anna).at("exit_code") == 0);
  CHECK(ran(site) == "001_a.lua");
  const auto back = site.post("/api/v1/scripts/001_a.lua/rollback", "{}", anna);
  CHECK(back.status == 422);
  CHECK(site.done("/api/v1/runs", R"({"dry_run": true})", anna).at("exit_code") == 0);
}

TEST_CASE("with approvals nothing that is sent runs a script that nobody agreed to") {
  const ServedSite site(k_approvals);
  site.write("fix-scripts/001_a.lua", "return { shouldRun = function() return true end, execute = 7 }");
  CHECK(site.fettle({"run"}).status == 4);
  add_script(site, "002_b.lua");
  const std::string anna = support::bearer(site.token("anna", "run")) + "Content-Type: application/json\r\n";
  for (const char* none : {R"({"request": 0})", R"({"request": "00"})"}) {
    CAPTURE(none);
    CHECK(site.done("/api/v1/runs", none, anna).at("exit_code") == 2);
  }
  CHECK(site.done("/api/v1/scripts/001_a.lua/retry", R"({"no_run": "0"})", anna).at("exit_code") == 0);
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK(ran(site).empty());
}

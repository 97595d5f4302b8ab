// Several nodes, each with its own folder and its own ledger, over one database: every script is applied once, and
// every node files its copy. FETTLE_FLEET=NODESxSCRIPTS makes it larger.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <memory>
#include <random>
#include <signal.h>
#include <string>
#include <thread>
#include <vector>

#include "support/engine.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

struct Size {
  std::size_t nodes = 4, scripts = 40;
};

Size wanted_size() {
  Size size;
  if (const char* given = std::getenv("FETTLE_FLEET")) std::sscanf(given, "%zux%zu", &size.nodes, &size.scripts);
  return size;
}

std::string script_name(std::size_t number) {
  return fmt::format("{:03}_adds.lua", number);
}

// Its effect can be counted, and is not its own guard.
const std::string k_adds = R"lua(
return { shouldRun = function() return true end,
         execute = function()
           db.exec("insert into ran (script) values (?)", ctx.script)
           db.exec("update counter set n = n + 1 where id = 1")
           return { executed = true }
         end }
)lua";

class Node {
 public:
  Node(const Engine& engine, std::size_t number, std::size_t scripts) {
    support::use(site_, engine, fmt::format("[fleet]\nnode = \"node{}\"\n", number));
    for (std::size_t script = 1; script <= scripts; ++script) site_.write("fix-scripts/" + script_name(script), k_adds);
  }
  void start() { run_ = std::make_unique<Program>(site_.launch({"run", "--json"})); }
  void kill() {
    for (const pid_t process : support::descendants_of(run_->pid())) ::kill(process, SIGKILL);
    run_->signal(SIGKILL);
    run_->wait(Seconds(10));
  }
  Ended wait() { return run_->wait(Seconds(300)); }
  const Site& site() const { return site_; }

 private:
  Site site_;
  std::unique_ptr<Program> run_;
};

void many_nodes_over(const Engine& engine) {
  const Size size = wanted_size();
  for (const char* sql : {"create table ran (script varchar(50))", "create table counter (id int primary key, n int)",
                          "insert into counter values (1, 0)"})
    engine.ask(sql);
  if (engine.name == "postgresql") engine.ask("alter table ran owner to fettle; alter table counter owner to fettle");
  std::vector<std::unique_ptr<Node>> nodes;
  for (std::size_t number = 1; number <= size.nodes; ++number)
    nodes.push_back(std::make_unique<Node>(engine, number, size.scripts));
  const auto start = std::chrono::steady_clock::now();
  for (auto& node : nodes) node->start();
  std::mt19937 random(7);
  const std::size_t killed = std::min<std::size_t>(3, size.nodes - 1);
  for (std::size_t victim = 0; victim < killed; ++victim) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150 + random() % 400));
    nodes[victim]->kill();
    nodes[victim]->start();
  }
  for (auto& node : nodes) {
    const Ended ended = node->wait();
    CHECK(ended.status == 0);
    if (ended.status != 0) MESSAGE(ended.out.substr(0, 2000), ended.err);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  MESSAGE(size.nodes, " nodes, ", size.scripts, " scripts, ", killed, " killed: ", took.count(), " s");
  const std::string all = std::to_string(size.scripts);
  CHECK(engine.ask("select count(*) from ran") == all);
  CHECK(engine.ask("select count(distinct script) from ran") == all);
  CHECK(engine.ask("select n from counter") == all);
  CHECK(engine.ask("select count(*) from fettle_receipts") == all);
  std::size_t succeeded = 0, told = 0;
  for (auto& node : nodes) {
    const Site& site = node->site();
    CHECK(site.fettle_json({"status", "--json"}).at("pending").empty());
    for (std::size_t script = 1; script <= size.scripts; ++script)
      CHECK(site.exists("successfully-ran/" + script_name(script)));
    for (const json& attempt : site.fettle_json({"history", "--limit", "10000", "--json"})) {
      if (attempt.at("outcome") == "succeeded") ++succeeded;
      if (attempt.at("outcome") != "skipped") continue;
      const std::string reason = attempt.at("reason");
      if (reason.find("already applied by node") != std::string::npos) ++told;
    }
    CHECK(site.fettle({"ledger", "verify"}).status == 0);
  }
  CHECK(succeeded == size.scripts);
  CHECK(told == size.scripts * (size.nodes - 1));
}

}  // namespace

TEST_CASE(
    "journey: fleet: many nodes over PostgreSQL, some of them killed, apply each script once and file it everywhere") {
  if (const Engine engine = support::postgresql_engine(); !engine.name.empty()) many_nodes_over(engine);
}

TEST_CASE(
    "journey: fleet: many nodes over MariaDB, some of them killed, apply each script once and file it everywhere") {
  if (const Engine engine = support::mariadb_engine(); !engine.name.empty()) many_nodes_over(engine);
}

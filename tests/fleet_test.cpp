// Several nodes, each with its own folder and its own ledger, over one database: every script is applied once, and
// every node files its copy; also when the line of a node stalls, or never comes back. FETTLE_FLEET=NODESxSCRIPTS makes
// it larger.
#include <algorithm>
#include <atomic>
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
#include "support/tcp_proxy.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Program;
using support::Seconds;
using support::Site;
using support::TcpProxy;

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

void make_tables(const Engine& engine) {
  for (const char* sql : {"create table ran (script varchar(50))", "create table counter (id int primary key, n int)",
                          "insert into counter values (1, 0)"})
    engine.ask(sql);
  if (engine.name == "postgresql") engine.ask("alter table ran owner to fettle; alter table counter owner to fettle");
}

// A network that is gone for a while, again and again.
class Stalling {
 public:
  explicit Stalling(TcpProxy& proxy) : proxy_(proxy), thread_([this] { go(); }) {}
  ~Stalling() { end(); }
  Stalling(const Stalling&) = delete;
  Stalling& operator=(const Stalling&) = delete;

  // How often it was gone.
  unsigned end() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
    return times_;
  }

 private:
  void go() {
    std::mt19937 random(11);
    for (; !over_; ++times_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 300));
      proxy_.stall();
      std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 700));
      proxy_.heal();
    }
  }

  TcpProxy& proxy_;
  std::atomic<bool> over_{false};
  unsigned times_ = 0;
  std::thread thread_;
};

void many_nodes_over(Engine (*make)(), int port) {
  const Engine engine = make();
  const Size size = wanted_size();
  make_tables(engine);
  TcpProxy proxy(port);
  std::vector<std::unique_ptr<Node>> nodes;
  for (std::size_t number = 1; number <= size.nodes; ++number)
    nodes.push_back(std::make_unique<Node>(number == size.nodes ? support::through(proxy.port(), engine, port) : engine,
                                           number, size.scripts));
  Stalling stalling(proxy);
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
  const unsigned stalls = stalling.end();
  CHECK(stalls > 0);
  MESSAGE(size.nodes, " nodes, ", size.scripts, " scripts, ", killed, " killed, ", stalls,
          " times stalled: ", took.count(), " s");
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

// --- a node that is cut off ----------------------------------------------------------------------------------------

constexpr int k_limit = 5;                      // seconds: of the attempt of the one that is cut off
constexpr Seconds k_server_waits{k_limit + 5};  // docs/databases.md: after it heard of a node the last time

// MariaDB shows its transactions as they were when it was last asked, if that is less than a tenth of a second ago.
constexpr std::chrono::milliseconds k_between_looks{150};

// Two nodes with one script. Its first node reaches the server through a line that can stall.
class CutOff {
 public:
  CutOff(const Engine& engine, int port, const std::string& work) : engine_(engine), proxy_(port) {
    make_tables(engine);
    prepare(cut_off_, support::through(proxy_.port(), engine, port), "far", k_limit, work);
    prepare(other_, engine, "near", 60, work);
  }

  void start_and_cut_off() {
    run_ = std::make_unique<Program>(cut_off_.launch({"run", "--json"}));
    const char* const has_written =
        engine_.name == "mariadb"
            ? "select count(*) from information_schema.innodb_trx join information_schema.processlist on id = "
              "trx_mysql_thread_id where trx_rows_modified > 1 and db = database() and (command = 'Sleep' or state = "
              "'User sleep')"
            : "select count(*) from pg_stat_activity where datname = current_database() and application_name like "
              "'fettle %001.lua' and (state like 'idle%' and query like 'update%' or wait_event = 'PgSleep')";
    REQUIRE(support::wait_until([&] {
      std::this_thread::sleep_for(k_between_looks);
      return engine_.ask(has_written) == "1";
    }));
    proxy_.stall();
    cut_ = std::chrono::steady_clock::now();
  }

  void start_other() { other_run_ = std::make_unique<Program>(other_.launch({"run"})); }

  // The other one waits until the server has given up the first, and no longer.
  void let_other_apply() {
    CHECK(other_run_->wait(Seconds(100)).status == 0);
    const Seconds took = std::chrono::steady_clock::now() - cut_;
    CHECK(took > Seconds(1));
    CHECK(took < k_server_waits + Seconds(10));
    MESSAGE("the other node had it after ", took.count(), " s");
    check_applied_once();
    CHECK(engine_.ask("select node from fettle_receipts") == "near");
    CHECK(other_.exists("successfully-ran/001.lua"));
  }

  // What was under way arrives now.
  Ended come_back() {
    proxy_.heal();
    return run_->wait(Seconds(100));
  }

  void check_applied_once() const {
    CHECK(engine_.ask("select count(*) from ran") == "1");
    CHECK(engine_.ask("select n from counter") == "1");
    CHECK(engine_.ask("select count(*) from fettle_receipts") == "1");
  }

  // Afterwards the far one files its copy, too.
  void check_skips() const {
    CHECK(cut_off_.fettle({"run"}).status == 0);
    const json last = cut_off_.fettle_json({"history", "--json"}).at(0);
    CHECK(last.at("outcome") == "skipped");
    CHECK(last.at("reason").get<std::string>().find("already applied by near") != std::string::npos);
    CHECK(cut_off_.exists("successfully-ran/001.lua"));
    check_applied_once();
    for (const Site* site : {&cut_off_, &other_}) CHECK(site->fettle({"ledger", "verify"}).status == 0);
  }

  const Site& far() const { return cut_off_; }
  Program& run() { return *run_; }
  TcpProxy& proxy() { return proxy_; }

 private:
  static void prepare(const Site& site, const Engine& engine, const std::string& node, int limit,
                      const std::string& work) {
    site.write("config.toml", fmt::format("[databases.main]\nurl = \"{}\"\n[run]\ntimeout = \"{}s\"\n[fleet]\nnode = "
                                          "\"{}\"\n",
                                          engine.url, limit, node));
    site.write("fix-scripts/001.lua",
               "return { shouldRun = function() return true end, execute = function()\n"
               "db.exec('insert into ran (script) values (?)', ctx.script)\n"
               "db.exec('update counter set n = n + 1 where id = 1')\n" +
                   work + "\nreturn { executed = true } end }");
  }

  Engine engine_;
  TcpProxy proxy_;
  Site cut_off_, other_;
  std::unique_ptr<Program> run_, other_run_;
  std::chrono::steady_clock::time_point cut_;
};

// Between its last statement and the commit.
const std::string k_computes = "local start = os.time() while os.time() - start < 3 do end";

// One before its commit, one in the middle of execute(), each with a database of its own.
void cut_off(Engine (*make)(), int port) {
  const Engine first = make(), second = make();
  const std::string nap = first.name == "mariadb" ? "select sleep(1)" : "select pg_sleep(1)";
  CutOff committing(first, port, k_computes), executing(second, port, fmt::format("db.value('{}')", nap));
  for (CutOff* nodes : {&committing, &executing}) {
    nodes->start_and_cut_off();
    nodes->start_other();
  }
  committing.let_other_apply();
  CHECK_FALSE(committing.run().is_over());  // it still waits for an answer to its commit
  const Ended interrupted = committing.come_back();
  CHECK(interrupted.status == 6);
  CHECK(json::parse(interrupted.out).at("scripts").at(0).at("outcome") == "interrupted");
  CHECK(committing.far().exists("fix-scripts/001.lua"));
  committing.check_applied_once();
  committing.check_skips();

  executing.let_other_apply();
  const Ended failed = executing.come_back();
  CHECK(failed.status == 4);
  const json script = json::parse(failed.out).at("scripts").at(0);
  CHECK(script.at("outcome") == "failed");
  CHECK(script.at("cause") == "timeout");
  executing.check_applied_once();
  CHECK(executing.far().fettle({"retry", "001"}).status == 0);
  executing.check_skips();
}

// What it had sent still arrives, and may commit, while its next run asks what became of it.
void killed_while_cut_off(Engine (*make)(), int port) {
  const Engine engine = make();
  CutOff nodes(engine, port, k_computes);
  nodes.start_and_cut_off();
  REQUIRE(support::wait_until([&] { return nodes.proxy().waiting() > 0; }));
  for (const pid_t process : support::descendants_of(nodes.run().pid())) ::kill(process, SIGKILL);
  nodes.run().signal(SIGKILL);
  nodes.run().wait(Seconds(10));
  Program next(nodes.far().launch({"run", "--wait", "10"}));
  nodes.proxy().heal();
  CHECK(next.wait(Seconds(100)).status == 0);
  nodes.check_applied_once();
  CHECK(nodes.far().exists("successfully-ran/001.lua"));
  // The commit is sent only when it is known what the script has changed.
  const json first = nodes.far().fettle_json({"history", "--json"}).back();
  CHECK(first.at("outcome") == "interrupted");
  CHECK(nodes.far().fettle({"ledger", "verify"}).status == 0);
}

void over_postgresql(void (*test)(Engine (*make)(), int port)) {
  if (auto* server = support::PostgresqlServer::shared()) test(support::postgresql_engine, server->port());
}

void over_mariadb(void (*test)(Engine (*make)(), int port)) {
  if (auto* server = support::MariadbServer::shared()) test(support::mariadb_engine, server->port());
}

}  // namespace

TEST_CASE(
    "journey: fleet: many nodes over PostgreSQL, some killed and one with a bad line, apply each script once and file "
    "it everywhere") {
  over_postgresql(many_nodes_over);
}

TEST_CASE(
    "journey: fleet: many nodes over MariaDB, some killed and one with a bad line, apply each script once and file it "
    "everywhere") {
  over_mariadb(many_nodes_over);
}

TEST_CASE("journey: fleet: postgresql: a node that is cut off loses its script to another one, and commits no more") {
  over_postgresql(cut_off);
}

TEST_CASE("journey: fleet: mariadb: a node that is cut off loses its script to another one, and commits no more") {
  over_mariadb(cut_off);
}

TEST_CASE("journey: fleet: postgresql: a commit that is under way when its node dies is waited for") {
  over_postgresql(killed_while_cut_off);
}

TEST_CASE("journey: fleet: mariadb: what is under way when its node dies is waited for") {
  over_mariadb(killed_while_cut_off);
}

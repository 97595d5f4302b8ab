// What a PostgreSQL server, its administrator and the network do to a run, with a real server.
#include <chrono>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <signal.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "support/engine.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::PostgresqlServer;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

using Strings = std::vector<std::string>;

std::string executes(const std::string& body) {
  return "return { shouldRun = function() return true end, execute = function() " + body +
         " return { executed = true } end }";
}

// Of this database: a server may still hold locks for clients of other tests.
const std::string k_advisory_locks =
    "select count(*) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database "
    "where datname = current_database())";

const std::string k_adds_row = executes("db.exec('insert into ran (script) values (?)', ctx.script)");

// A folder whose scripts work on a fresh database with the table ran.
struct Shop : Site {
  explicit Shop(const std::string& more = "") : engine(support::postgresql_engine()) {
    if (engine.name.empty()) return;
    support::use(*this, engine, more);
    ask("create table ran (script text); alter table ran owner to fettle");
  }
  bool is_there() const { return !engine.name.empty(); }
  std::string ask(const std::string& sql) const { return engine.ask(sql); }
  std::string database() const { return engine.url.substr(engine.url.rfind('/') + 1); }
  void add(const std::string& name, const std::string& text = k_adds_row) const { write("fix-scripts/" + name, text); }
  json run_json() const { return fettle_json({"run", "--json"}); }
  // Whether the server comes to be busy for fettle, or to know nothing of it any more.
  bool works() const { return comes_to("state = 'active'", "1"); }
  bool has_forgotten() const { return comes_to("true", "0"); }
  bool comes_to(const std::string& condition, const std::string& count) const {
    return support::wait_until(
        [&] {
          return ask("select count(*) from pg_stat_activity where datname = current_database() and application_name "
                     "like "
                     "'fettle%' and " +
                     condition) == count;
        },
        Seconds(10));
  }

  Engine engine;
};

json outcome_of(const json& report, std::size_t index = 0) {
  return report.at("scripts").at(index);
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 700));
  return found;
}

// The advisory lock that fettle takes for a script; the hash is fixed by docs/receipts.md.
std::string lock_of(const std::string& script) {
  return fmt::format("('x' || substr(encode(sha256('fettle {}'), 'hex'), 1, 16))::bit(64)::bigint", script);
}

}  // namespace

TEST_CASE("journey: postgresql: scripts may do there what concerns their data, and nothing else") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("000_first.lua");
  REQUIRE(shop.fettle({"run"}).status == 0);
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"commit", "COMMIT is not for scripts"},
      {"rollback", "ROLLBACK is not for scripts"},
      {"savepoint a", "SAVEPOINT is not for scripts"},
      {"/* a */ begin", "BEGIN is not for scripts"},
      {"prepare transaction 'x'", "PREPARE TRANSACTION is not for scripts"},
      {"select 1; select 2", "only one statement at a time"},
      {"set work_mem = '1GB'", "SET without LOCAL is not for scripts"},
      {"set transaction read write", "SET TRANSACTION is not for scripts"},
      {"set local session authorization default", "SET LOCAL SESSION is not for scripts"},
      {"reset all", "RESET is not for scripts"},
      {"listen x", "LISTEN is not for scripts"},
      {"discard all", "DISCARD is not for scripts"},
      {"copy ran to '/tmp/x'", "COPY is not for scripts"},
      {"vacuum ran", "VACUUM is not for scripts"},
      {"delete from fettle_receipts", "the tables fettle_receipts and fettle_begun prove"},
      {"delete from public . \"fettle_receipts\"", "the tables fettle_receipts and fettle_begun prove"},
      {"drop table Fettle_Receipts", "the tables fettle_receipts and fettle_begun prove"},
      {"alter table fettle_receipts rename to x", "the tables fettle_receipts and fettle_begun prove"},
      {"select 'open", "never closed"},
      {"insert into ran values (?)", "1 placeholder"},
  };
  std::size_t number = 0;
  for (const auto& [sql, said] : refused) {
    CAPTURE(sql);
    shop.add(fmt::format("{:03}.lua", ++number), executes("db.exec([[" + sql + "]])"));
    const json script = outcome_of(shop.run_json());
    CHECK(script.at("outcome") == "failed");
    CHECK(has(script.at("error"), said));
  }
  for (const char* sql :
       {"set local work_mem = '8MB'", "set constraints all deferred", "create table made (a int)",
        "create index on ran (script)", "select * from fettle_receipts", "do $$ begin perform 1; end $$",
        "insert into ran values ($a$'; commit; --$a$)", "select '?', $x$?$x$ /* ? */ -- ?"}) {
    CAPTURE(sql);
    shop.add(fmt::format("{:03}.lua", ++number), executes("db.exec([[" + std::string(sql) + "]])"));
    CHECK(outcome_of(shop.run_json()).at("outcome") == "succeeded");
  }
}

TEST_CASE("journey: postgresql: receipts that a function of the script's own touches are not committed") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("000_first.lua");
  REQUIRE(shop.fettle({"run"}).status == 0);
  std::size_t number = 0;
  for (const char* statement :
       {"delete from fettle_' || 'receipts", "update fettle_' || 'receipts set node = ''x''",
        "truncate fettle_' || 'receipts",
        "insert into fettle_' || 'receipts select ''x'', sha256, ledger, attempt, run, node, applied_at, fettle from "
        "fettle_' || 'receipts",
        "alter table fettle_' || 'receipts rename to hidden", "drop table fettle_' || 'receipts",
        "alter table fettle_' || 'receipts enable row level security",
        "create rule r as on insert to fettle_' || 'receipts do instead nothing"}) {
    CAPTURE(statement);
    shop.add(fmt::format("{:03}.lua", ++number),
             executes(fmt::format("db.exec([[do $$ begin execute '{}'; end $$]])", statement)));
    const json script = outcome_of(shop.run_json());
    CHECK(script.at("outcome") == "failed");
    CHECK(shop.ask("select string_agg(script, ' ') from fettle_receipts") == "000_first.lua");
  }
  shop.add("999_last.lua");
  CHECK(shop.fettle({"run"}).status == 0);
}

TEST_CASE(
    "journey: postgresql: an error that the script catches ends its transaction all the same, and it is told why") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua", executes("db.exec(\"insert into ran values ('kept?')\") pcall(db.exec, 'select frm') "));
  const json script = outcome_of(shop.run_json());
  CHECK(script.at("outcome") == "failed");
  CHECK(has(script.at("error"), "commits nothing more in its transaction"));
  CHECK(has(script.at("error"), "column \"frm\" does not exist (SQLSTATE 42703)"));
  CHECK(shop.ask("select count(*) from ran") == "0");
}

TEST_CASE("journey: postgresql: an error tells SQLSTATE, detail, hint and place") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.ask("create table keyed (id int primary key); alter table keyed owner to fettle");
  shop.add("001.lua", executes("db.exec('insert into keyed values (1)') db.exec('insert into keyed values (?)', 1)"));
  shop.add("002.lua", executes("db.query('select id,\\n  idd from keyed')"));
  const json report = shop.run_json();
  CHECK(has(outcome_of(report).at("error"), "(SQLSTATE 23505)"));
  CHECK(has(outcome_of(report).at("error"), "detail: Key (id)=(1) already exists."));
  CHECK(has(outcome_of(report, 1).at("error"), "hint: "));
  CHECK(has(outcome_of(report, 1).at("error"), "at line 2: idd from keyed"));
}

TEST_CASE("journey: postgresql: a statement that takes too long is stopped in the server, too") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua",
           "return { timeout = '1s', shouldRun = function() return true end,\n"
           "execute = function() db.exec('insert into ran values (1)') db.value('select pg_sleep(60)') end }");
  const auto start = std::chrono::steady_clock::now();
  const json script = outcome_of(shop.run_json());
  // A server that is not told to stop is given up after ten seconds.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(8));
  CHECK(script.at("outcome") == "failed");
  CHECK(script.at("cause") == "timeout");
  CHECK(shop.comes_to("state = 'active'", "0"));
  CHECK(shop.ask("select count(*) from ran") == "0");
  shop.add("002.lua");
  CHECK(shop.fettle({"run"}).status == 0);
}

TEST_CASE("journey: postgresql: the second signal stops the statement in the server, and the script is interrupted") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua", executes("db.exec('insert into ran values (1)') db.value('select pg_sleep(60)')"));
  Program run(shop.launch({"run"}));
  REQUIRE(shop.works());
  run.signal(SIGINT);
  REQUIRE(support::wait_until([&] { return run.err().find("may finish") != std::string::npos; }));
  run.signal(SIGINT);
  CHECK(run.wait(Seconds(30)).status == 130);
  CHECK(shop.has_forgotten());
  CHECK(shop.fettle_json({"history", "--json"}).at(0).at("outcome") == "interrupted");
  CHECK(shop.exists("fix-scripts/001.lua"));
  CHECK(shop.ask("select count(*) from ran") == "0");
}

TEST_CASE("journey: postgresql: when every process of a run is killed the server forgets it within seconds") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua", executes("db.exec('insert into ran values (1)') db.value('select pg_sleep(60)')"));
  Program run(shop.launch({"run"}));
  REQUIRE(shop.works());
  for (const pid_t process : support::descendants_of(run.pid())) ::kill(process, SIGKILL);
  run.signal(SIGKILL);
  CHECK(shop.has_forgotten());
  CHECK(shop.ask("select count(*) from ran") == "0");
  shop.add("001.lua");
  CHECK(shop.fettle({"run"}).status == 0);
  CHECK(shop.ask("select script from ran") == "001.lua");
}

TEST_CASE(
    "journey: postgresql: a connection that is lost while a script executes interrupts it, and three times end it") {
  const Shop shop;
  if (!shop.is_there()) return;
  const std::string dies =
      executes("db.exec('insert into ran values (1)') db.value(\"select pg_terminate_backend(pg_backend_pid())\")");
  shop.add("001.lua", dies);
  shop.add("002.lua");
  for (int time = 1; time <= 2; ++time) {
    const Ended ended = shop.fettle({"run", "--json"});
    const json report = json::parse(ended.out);
    CHECK(outcome_of(report).at("outcome") == "interrupted");
    CHECK(has(outcome_of(report).at("reason"), "nothing was committed"));
    CHECK(ended.status == 6);
    CHECK(shop.exists("fix-scripts/001.lua"));
    if (time == 1) CHECK(outcome_of(report, 1).at("outcome") == "succeeded");  // with a new connection
  }
  const json last = outcome_of(shop.run_json());
  CHECK(last.at("outcome") == "failed");
  CHECK(last.at("cause") == "unreachable");
  CHECK(has(last.at("error"), "given up: interrupted 3 times"));
  CHECK(shop.ask("select script from ran") == "002.lua");
}

TEST_CASE("journey: postgresql: a connection that is lost while nothing goes on costs no script an attempt") {
  const Shop shop;
  if (!shop.is_there()) return;
  // The first script does nothing for a while, so that its connection can be ended under it after its last statement.
  shop.add(
      "001.lua",
      "return { shouldRun = function() local start = os.time() while os.time() - start < 3 do end return false end,\n"
      "execute = function() end }");
  shop.add("002.lua");
  Program run(shop.launch({"run", "--json"}));
  REQUIRE(support::wait_until(
      [&] { return shop.ask("select count(*) from pg_stat_activity where application_name like 'fettle%'") == "1"; }));
  CHECK(shop.ask("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'fettle%'") ==
        "t");
  const Ended ended = run.wait(Seconds(60));
  CHECK(ended.status == 0);
  const json report = json::parse(ended.out);
  CHECK(outcome_of(report, 1).at("outcome") == "succeeded");
  CHECK(shop.ask("select script from ran") == "002.lua");
}

TEST_CASE("journey: postgresql: a server that is stopped in the middle leaves nothing, and is found again") {
  PostgresqlServer server;
  const Site site;
  const std::string database = server.make_database();
  support::use(site, {"postgresql", server.url(database), {}});
  server.ask(database, "create table ran (script text); alter table ran owner to fettle");
  site.write("fix-scripts/001.lua", executes("db.exec('insert into ran values (1)') db.value('select pg_sleep(30)')"));
  site.write("fix-scripts/002.lua", k_adds_row);
  Program run(site.launch({"run", "--json"}));
  REQUIRE(support::wait_until([&] {
    return server.ask(database,
                      "select count(*) from pg_stat_activity where state = 'active' and application_name like 'fettle "
                      "%001.lua'") == "1";
  }));
  server.signal(SIGQUIT);  // at once, without saying goodbye
  server.wait_for_end();
  const Ended ended = run.wait(Seconds(60));
  CHECK(ended.status == 6);
  const json report = json::parse(ended.out);
  CHECK(outcome_of(report).at("outcome") == "interrupted");
  CHECK(outcome_of(report, 1).at("outcome") == "blocked");
  CHECK(site.fettle({"run"}).status == 6);
  server.start();
  CHECK(server.ask(database, "select count(*) from ran") == "0");
  site.write("fix-scripts/001.lua", k_adds_row);
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(server.ask(database, "select string_agg(script, ' ' order by script) from ran") == "001.lua 002.lua");
}

TEST_CASE("journey: postgresql: a script that another node is at is waited for, then blocked with the one who has it") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua",
           "return { timeout = '2s', shouldRun = function() return true end,\n"
           "execute = function() db.exec('insert into ran values (1)') return { executed = true } end }");
  Program holder({.command = {"sh", "-c",
                              "exec psql -q \"$0\" -c \"set application_name = 'fettle of another node'\" -c "
                              "\"begin; select pg_advisory_xact_lock(" +
                                  lock_of("001.lua") + ")\" -c 'select pg_sleep(5)' -c commit",
                              shop.engine.url},
                  .directory = {},
                  .environment = {}});
  REQUIRE(support::wait_until([&] { return shop.ask(k_advisory_locks) == "1"; }));
  const Ended ended = shop.fettle({"run", "--json"});
  CHECK(ended.status == 8);
  const json script = outcome_of(json::parse(ended.out));
  CHECK(script.at("outcome") == "blocked");
  CHECK(has(script.at("reason"), "fettle of another node"));
  holder.wait(Seconds(30));
  CHECK(shop.fettle({"run"}).status == 0);
  CHECK(shop.ask("select count(*) from ran") == "1");
}

namespace {

// PgBouncer in transaction mode: each transaction may be served by another connection.
class Pooler {
 public:
  explicit Pooler(const PostgresqlServer& server) : port_(support::free_port()) {
    scratch_.write("users.txt", fmt::format("\"fettle\" \"{}\"\n", PostgresqlServer::k_password));
    scratch_.write("pgbouncer.ini",
                   fmt::format("[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
                               "listen_port = {}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\n"
                               "pool_mode = transaction\ndefault_pool_size = 2\n",
                               server.port(), port_, scratch_.path("users.txt")));
    std::vector<std::string> command = {"setpriv", "--pdeathsig", "QUIT"};
    if (support::is_root()) {
      command.insert(command.end(), {"--reuid=65534", "--regid=65534", "--clear-groups"});
      for (const char* file : {"", "users.txt", "pgbouncer.ini"})
        REQUIRE(::chown(scratch_.path(file).c_str(), 65534, 65534) == 0);
    }
    command.insert(command.end(), {"/usr/sbin/pgbouncer", "-q", scratch_.path("pgbouncer.ini")});
    program_ = std::make_unique<Program>(support::Launch{command, scratch_.path(), {}});
  }
  int port() const { return port_; }
  std::string said() const { return program_->err(); }

 private:
  support::Scratch scratch_;
  int port_;
  std::unique_ptr<Program> program_;
};

}  // namespace

TEST_CASE("journey: postgresql: behind a pooler that gives each transaction another connection everything holds") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  if (!std::filesystem::exists("/usr/sbin/pgbouncer")) return support::skip("PgBouncer is not installed");
  const Pooler pooler(*server);
  const std::string database = server->make_database();
  server->ask(database, "create table ran (script text); alter table ran owner to fettle");
  const Site site;
  support::use(site, {"postgresql", server->url(database, pooler.port()), {}});
  CHECK(support::wait_until([&] { return site.fettle({"doctor"}).out.find("behind a pooler") != std::string::npos; }));
  // Others take the connections in turn, and find them as they left them.
  Program other(
      {.command = {"sh", "-c",
                   "for i in $(seq 40); do psql -qAt \"$0\" -c 'show search_path' -c 'show statement_timeout' "
                   "-c 'show application_name'; done",
                   server->url(database, pooler.port())},
       .directory = {},
       .environment = {}});
  for (int script = 1; script <= 20; ++script)
    site.write(fmt::format("fix-scripts/{:03}.lua", script),
               executes("for row in db.rows('select n from generate_series(1, 300) n') do if row.n % 100 == 0 then\n"
                        "db.exec('insert into ran (script) values (?)', ctx.script) end end"));
  CHECK(site.fettle({"run", "--dry-run"}).status == 0);
  CHECK(server->ask(database, "select count(*) from ran") == "0");
  CHECK(server->ask(database, k_advisory_locks) == "0");
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 0);
  if (ended.status != 0) MESSAGE(ended.out, ended.err, pooler.said());
  CHECK(server->ask(database, "select count(*), count(distinct script) from ran") == "60|20");
  CHECK(server->ask(database, k_advisory_locks) == "0");
  const std::string seen = other.wait(Seconds(60)).out;
  CHECK(seen.find("fettle 0") == std::string::npos);  // no setting of ours is left on a connection
  // A script at work that another node, beside the pooler, has the lock of.
  site.write("fix-scripts/100.lua",
             "return { timeout = '1s', shouldRun = function() return true end,\n"
             "execute = function() return { executed = true } end }");
  Program holder(
      {.command = {"psql", "-q", server->url(database), "-c",
                   "begin; select pg_advisory_xact_lock(" + lock_of("100.lua") + "); select pg_sleep(4); commit"},
       .directory = {},
       .environment = {}});
  REQUIRE(support::wait_until([&] { return server->ask(database, k_advisory_locks) == "1"; }));
  CHECK(site.fettle({"run"}).status == 8);
  holder.wait(Seconds(30));
  CHECK(site.fettle({"run"}).status == 0);
}

TEST_CASE("journey: postgresql: a standby can be read and is never written") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop;
  const support::PostgresqlStandby standby(*server);
  REQUIRE(support::wait_until(
      [&] { return standby.ask(shop.database(), "select count(*) from pg_class where relname = 'ran'") == "1"; }));
  const Site site;
  support::use(site, {"postgresql", server->url(shop.database(), standby.port()), {}});
  site.write("fix-scripts/001.lua", k_adds_row);
  const Ended ended = site.fettle({"run", "--json"});
  CHECK(ended.status == 6);
  const json script = outcome_of(json::parse(ended.out));
  CHECK(script.at("outcome") == "blocked");
  CHECK(has(script.at("reason"), "is a standby"));
  const Ended previewed = site.fettle({"run", "--dry-run", "--json"});
  CHECK(has(outcome_of(json::parse(previewed.out)).at("reason"), "is a standby"));
  CHECK(site.fettle({"doctor"}).out.find("is a standby") != std::string::npos);
  support::use(site, support::sqlite_engine(site),
               "[databases.copy]\nurl = \"" + server->url(shop.database(), standby.port()) + "\"\n");
  site.write("fix-scripts/001.lua",
             executes("if databases.copy.value('select count(*) from ran') ~= 0 then error('?') end"));
  CHECK(site.fettle({"run"}).status == 0);
}

TEST_CASE("journey: postgresql: without the right to make the table of receipts nothing is run, and it is told how") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.ask("alter database " + shop.database() + " owner to admin");
  shop.ask("revoke create on schema public from public");
  shop.add("001.lua");
  const json script = outcome_of(shop.run_json());
  CHECK(script.at("outcome") == "failed");
  CHECK(has(script.at("error"), "GRANT SELECT, INSERT ON fettle_receipts"));
  CHECK(shop.ask("select count(*) from ran") == "0");
  CHECK(has(shop.fettle({"doctor"}).out, "permission denied"));
}

TEST_CASE("journey: postgresql: who waits for a script that another node is at can be stopped") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua");
  Program holder({.command = {"psql", "-q", shop.engine.url, "-c",
                              "begin; select pg_advisory_xact_lock(" + lock_of("001.lua") + "); select pg_sleep(60)"},
                  .directory = {},
                  .environment = {}});
  REQUIRE(support::wait_until([&] { return shop.ask(k_advisory_locks) == "1"; }));
  Program run(shop.launch({"run"}));
  REQUIRE(shop.comes_to("query like '%try_advisory%'", "1"));
  run.signal(SIGINT);
  REQUIRE(support::wait_until([&] { return run.err().find("may finish") != std::string::npos; }));
  run.signal(SIGINT);
  CHECK(run.wait(Seconds(20)).status == 130);
  CHECK(shop.exists("fix-scripts/001.lua"));
}

TEST_CASE("journey: postgresql: a statement that is refused first leaves its transaction as it was") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua",
           "return { shouldRun = function()\n"
           "  if pcall(db.value, 'commit') then error('?') end\n"
           "  return db.value('select count(*) from ran') == 0 end,\n"
           "execute = function() if pcall(db.exec, 'commit') then error('?') end\n"
           "  db.exec('insert into ran values (1)') return { executed = true } end }");
  const json script = outcome_of(shop.run_json());
  CHECK(script.at("outcome") == "succeeded");
  CHECK(script.at("error") == nullptr);
  CHECK(shop.ask("select count(*) from ran") == "1");
}

TEST_CASE("journey: postgresql: a carriage return ends a comment, as it does for the server") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("001.lua", executes("db.exec('insert into ran values (1)') db.exec('--\\rcommit')"));
  const json script = outcome_of(shop.run_json());
  CHECK(script.at("outcome") == "failed");
  CHECK(has(script.at("error"), "COMMIT is not for scripts"));
  CHECK(shop.ask("select count(*) from ran") == "0");
}

TEST_CASE("journey: postgresql: nothing that a script does to its session reaches the next one") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.ask(
      "create schema tenant; create table tenant.ran (script text); alter schema tenant owner to fettle; alter table "
      "tenant.ran owner to fettle");
  shop.add("001.lua", executes("db.exec('create temp table ran as select * from ran')\n"
                               "db.value(\"select set_config('search_path', 'tenant', false)\")\n"
                               "db.exec(\"do $$ begin set work_mem = '77MB'; end $$\")\n"
                               "db.exec('declare fettle_1 cursor with hold for select 1')\n"
                               "db.value('select pg_advisory_lock(7)::text')"));
  shop.add("002.lua",
           "return { shouldRun = function() db.value('select pg_advisory_lock(8)::text') return false end,\n"
           "execute = function() end }");
  shop.add("003.lua", executes("for row in db.rows('select 1 as a') do end\n"
                               "db.exec('insert into ran values (ctx_script())')"));
  shop.add(
      "004.lua",
      executes(
          "for row in db.rows('select 1 as a') do end\n"
          "if db.value('show work_mem') == '77MB' then error('a setting') end\n"
          "local locks = db.value([[select string_agg(classid || ':' || objid, ', ') from pg_locks where locktype = "
          "'advisory' and database = (select oid from pg_database where datname = current_database())]])\n"
          "if locks:find(',') then error('a lock: ' .. locks) end\n"
          "db.exec('insert into ran values (?)', ctx.script)"));
  const json report = shop.run_json();
  CHECK(outcome_of(report, 0).at("outcome") == "succeeded");
  CHECK(outcome_of(report, 1).at("outcome") == "skipped");
  CHECK(outcome_of(report, 2).at("outcome") == "failed");
  CHECK(outcome_of(report, 3).at("error") == nullptr);
  CHECK(shop.ask("select string_agg(script, ' ') from public.ran") == "004.lua");
  CHECK(shop.ask("select count(*) from tenant.ran") == "0");
}

TEST_CASE(
    "journey: postgresql: receipts hold against what fires at the commit, operators of the script and renamed "
    "columns") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.add("000_first.lua");
  REQUIRE(shop.fettle({"run"}).status == 0);
  shop.add("001.lua",
           executes("db.exec([[create function f() returns trigger language plpgsql as $$ begin execute 'delete from "
                    "fettle_' || 'receipts'; return null; end $$]])\n"
                    "db.exec('create constraint trigger t after insert on ran deferrable initially deferred for "
                    "each row execute function f()')\n"
                    "db.exec('insert into ran values (1)')"));
  shop.add(
      "002.lua",
      executes("db.exec('create schema evil')\n"
               "db.exec('create function evil.yes(text, text) returns boolean language sql as $$ select true $$')\n"
               "db.exec('create operator evil.= (leftarg = text, rightarg = text, function = evil.yes)')\n"
               "db.exec([[do $$ begin execute 'delete from fettle_' || 'receipts'; end $$]])\n"
               "db.exec('set local search_path = evil, pg_catalog, public')"));
  shop.add(
      "003.lua",
      executes(
          "db.exec([[do $$ begin execute 'alter table fettle_' || 'receipts rename column sha256 to x'; end $$]])"));
  for (int script = 0; script < 3; ++script) {
    const json report = shop.run_json();
    for (const json& each : report.at("scripts")) {
      CHECK(each.at("outcome") == "failed");
      CHECK(has(each.at("error"), "fettle_receipts"));
    }
    if (report.at("scripts").empty()) break;
  }
  CHECK(shop.ask("select string_agg(script || sha256, ' ') from fettle_receipts").starts_with("000_first.lua"));
  shop.ask("create role reader");
  shop.add("004.lua", executes("db.exec('grant select on all tables in schema public to reader')"));
  CHECK(outcome_of(shop.run_json()).at("error") == nullptr);
  shop.ask("drop owned by reader; drop role reader");
}

TEST_CASE(
    "journey: postgresql: rows that are locked while they are read are streamed, too, and large ones one by one") {
  const Shop shop;
  if (!shop.is_there()) return;
  shop.ask(
      "create table big as select n, repeat('x', case when n > 100 then 4000000 else 1 end) as t from "
      "generate_series(1, 120) n; alter table big owner to fettle");
  shop.add(
      "001.lua",
      executes("local bytes = 0 for row in db.rows('select n, t from big order by n for update') do bytes = bytes + "
               "#row.t db.exec('update big set n = n where n = ?', row.n) end if bytes ~= 80000100 then "
               "error(tostring(bytes)) end"));
  CHECK(outcome_of(shop.run_json()).at("error") == nullptr);
}

TEST_CASE("journey: postgresql: another database whose connection is lost interrupts its reader, and comes back") {
  const Shop shop;
  if (!shop.is_there()) return;
  const Site site;
  support::use(site, support::sqlite_engine(site), "[databases.report]\nurl = \"" + shop.engine.url + "\"\n");
  const std::string reads = executes(
      "db.exec('insert into ran (script) values (?)', databases.report.value('select count(*)::text from ran'))");
  site.write("fix-scripts/001.lua",
             executes("databases.report.value('select pg_terminate_backend(pg_backend_pid())')"));
  site.write("fix-scripts/002.lua", reads);
  const Ended ended = site.fettle({"run", "--json"});
  CHECK(ended.status == 6);
  const json report = json::parse(ended.out);
  CHECK(outcome_of(report).at("outcome") == "interrupted");
  CHECK(outcome_of(report, 1).at("outcome") == "succeeded");
}

TEST_CASE("journey: postgresql: half a password that became a port is not told") {
  if (PostgresqlServer::shared() == nullptr) return;
  const Site site;
  support::use(site, {"postgresql", "postgresql://fettle:Geheim/123@127.0.0.1/none", {}});
  site.write("fix-scripts/001.lua", k_adds_row);
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 6);
  CHECK((ended.out + ended.err).find("Geheim") == std::string::npos);
  CHECK(has(ended.out, "cannot be understood"));
}

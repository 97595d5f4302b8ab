// Scripts that say transaction = false, on the built program and with real servers: each statement is committed by
// itself, such a script runs at most once, and where nobody saw its end a person decides.
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
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

std::string piecemeal(const std::string& body) {
  return "return { transaction = false, shouldRun = function() return true end, execute = function() " + body +
         " return { executed = true } end }";
}

const std::string k_table = R"lua(db.exec("create table if not exists marks (n integer)") )lua";
const std::string k_mark = R"lua(db.exec("insert into marks values (1)") )lua";
const std::string k_endless_loop = "while true do end ";

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

std::string error_of(const Site& site, const std::string& name, const std::string& body) {
  site.write("fix-scripts/" + name, piecemeal(body));
  const json script = first_of(site, {"run"});
  return script.at("outcome") == "succeeded" ? "" : script.at("error").get<std::string>();
}

void await_mark(const Engine& engine) {
  REQUIRE(support::wait_until([&] { return engine.ask("select count(*) from marks") != "0"; }));
}

// The table belongs to whom the scripts work as.
void make_marks(const Engine& engine) {
  engine.ask("create table marks (n integer)");
  if (engine.name == "postgresql") engine.ask("alter table marks owner to fettle");
}

std::string begun(const Engine& engine) {
  return engine.ask("select count(*) from fettle_begun");
}

std::string marks(const Engine& engine) {
  return engine.ask("select count(*) from marks");
}

// The process of this run that has the database open.
pid_t broker_of(const Program& run, const Site& site) {
  for (const pid_t process : support::descendants_of(run.pid())) {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process), gone))
      if (std::filesystem::read_symlink(entry.path(), gone) == site.path("app.db")) return process;
  }
  return -1;
}

// Runs this script until it has left its mark.
std::unique_ptr<Program> at_work(const Site& site, const Engine& engine, const std::string& body) {
  make_marks(engine);
  site.write("fix-scripts/001.lua", piecemeal(body));
  auto run = std::make_unique<Program>(site.launch({"run"}));
  await_mark(engine);
  return run;
}

}  // namespace

TEST_CASE("journey: without a transaction each statement is committed by itself, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    const std::string name = engine.name + ".lua";
    site.write("fix-scripts/" + name, piecemeal(k_table + k_mark + R"lua(
      assert(db.executemany("insert into marks values (?)", {{2}, {3}, {4}}) == 3)
      local sum = 0
      for row in db.rows("select n from marks order by n") do
        sum = sum + row.n
        db.exec("insert into marks values (?)", row.n + 10)
      end
      assert(sum == 10)
      local good = pcall(db.executemany, "insert into marks values (?)", {{90}, {"no number"}, {91}})
      assert(good == (db.engine == "sqlite"))
      local good, said = pcall(db.exec, "insert into nowhere values (1)")
      assert(not good and said:find("nowhere"))
      assert(db.exec("update marks set n = 9 where n = 4") == 1)
      assert(db.value("select count(*) from fettle_begun where script = ?", ctx.script) == 1)
      for _, table in ipairs(db.tables()) do assert(not table:find("fettle")) end
    )lua"));
    const json script = first_of(site, {"run"});
    CHECK(script.at("error") == nullptr);
    CHECK(script.at("outcome") == "succeeded");
    CHECK(engine.ask("select count(*) from marks where n < 90") == "8");
    CHECK(engine.ask("select count(*) from marks where n >= 90") == (engine.name == "sqlite" ? "3" : "0"));
    CHECK(begun(engine) == "0");
    CHECK(engine.ask("select count(*) from fettle_receipts where script = '" + name + "'") == "1");
    site.write("fix-scripts/" + name, support::read_file(site.path("successfully-ran/" + name)));
    CHECK(first_of(site, {"run"}).at("outcome") == "skipped");
  }
}

TEST_CASE("journey: what a script without a transaction did before it failed stays, and everything says so") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    const std::string name = engine.name + ".lua";
    site.write("fix-scripts/" + name, piecemeal(k_table + k_mark + "error('broken')"));
    const Ended ended = site.fettle({"run"});
    CHECK(ended.status == 4);
    CHECK(has(ended.out, "not rolled back"));
    CHECK(marks(engine) == "1");
    CHECK(begun(engine) == "1");  // so that no other node takes it up where it stands
    const std::string note = support::read_file(site.path("failed/" + name + ".error.txt"));
    CHECK(has(note, "what it did until then stays in the database"));
    CHECK(note.find("Nothing of it was kept") == std::string::npos);

    CHECK(site.fettle({"retry", engine.name}).status == 4);  // it fails again
    CHECK(marks(engine) == "2");
  }
}

TEST_CASE(
    "journey: a script without a transaction whose runner is killed is unknown, and runs again only when told to") {
  for (const char* kind : {"sqlite", "postgresql", "mariadb"}) {
    const Site site;
    for (const Engine& engine : support::engines(site)) {
      if (engine.name != kind) continue;
      CAPTURE(engine.name);
      support::use(site, engine);
      at_work(site, engine, k_mark + "if db.value('select count(*) from marks') == 1 then " + k_endless_loop + "end")
          ->signal(SIGKILL);
      Ended ended = site.fettle({"run"});
      CHECK(ended.status == 8);
      CHECK(has(ended.err, "without a transaction"));
      CHECK(has(ended.out, "look at the database"));
      CHECK(site.fettle({"run"}).status == 8);  // and so on
      CHECK(site.exists("fix-scripts/001.lua"));
      CHECK(marks(engine) == "1");
      CHECK(begun(engine) == "1");
      CHECK(site.fettle_json({"history", "--json"}).back().at("outcome") == "unknown");
      CHECK(site.fettle({"ledger", "verify"}).status == 0);

      ended = site.fettle({"run", "--force", "001"});
      CHECK(ended.status == 0);
      CHECK(marks(engine) == "2");
      CHECK(begun(engine) == "0");
      CHECK(site.exists("successfully-ran/001.lua"));
    }
  }
}

TEST_CASE("journey: a person may say of such a script that it is to run again") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  at_work(site, engine, k_mark + "if db.value('select count(*) from marks') == 1 then " + k_endless_loop + "end")
      ->signal(SIGKILL);
  CHECK(site.fettle({"run"}).status == 8);
  CHECK(site.fettle({"mark", "001", "pending", "--reason", "one row, which does no harm"}).status == 0);
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(marks(engine) == "2");
  CHECK(begun(engine) == "0");
}

TEST_CASE("journey: a script without a transaction whose broker is killed is unknown at once") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  const auto run = at_work(site, engine, k_mark + k_endless_loop);
  const pid_t broker = broker_of(*run, site);
  REQUIRE(broker > 0);
  ::kill(broker, SIGKILL);
  const Ended ended = run->wait(Seconds(30));
  CHECK(ended.status == 10);
  CHECK(has(ended.out, "it has no transaction and was not seen to end"));
  CHECK(site.exists("fix-scripts/001.lua"));
  CHECK(begun(engine) == "1");
  CHECK(site.fettle({"run"}).status == 8);
  CHECK(marks(engine) == "1");
}

TEST_CASE("journey: a script without a transaction that is stopped at its limit, or by a signal, has failed") {
  const Site site("[limits]\n");
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_marks(engine);
    site.write(
        "fix-scripts/late.lua",
        "return { timeout = 1, transaction = false, shouldRun = function() return true end, execute = function() " +
            k_mark + k_endless_loop + "end }");
    const json script = first_of(site, {"run"});
    CHECK(script.at("cause") == "timeout");
    CHECK(has(script.at("error"), "stays in the database"));
    CHECK(begun(engine) == "1");

    engine.ask("delete from marks");
    site.write("fix-scripts/stopped.lua", piecemeal(k_mark + k_endless_loop));
    Program run(site.launch({"run"}));
    await_mark(engine);
    run.signal(SIGINT);
    REQUIRE(support::wait_until([&] { return run.err().find("stop") != std::string::npos; }));
    run.signal(SIGINT);
    CHECK(run.wait(Seconds(30)).status == 130);
    CHECK(marks(engine) == "1");
    CHECK(begun(engine) == "2");
    CHECK(site.exists("failed/stopped.lua"));
    std::filesystem::remove_all(site.path("failed"));
  }
}

TEST_CASE("journey: another node does not touch what one has begun without a transaction") {
  for (const char* kind : {"postgresql", "mariadb"}) {
    const Site site, other;
    for (const Engine& engine : support::engines(site)) {
      if (engine.name != kind) continue;
      CAPTURE(engine.name);
      support::use(site, engine, "[fleet]\nnode = \"first\"\n");
      support::use(other, engine, "[fleet]\nnode = \"second\"\n");
      const std::string body = k_mark + "if db.value('select count(*) from marks') == 1 then " + k_endless_loop + "end";
      const auto run = at_work(site, engine, body);
      other.write("fix-scripts/001.lua",
                  "return { timeout = 1," + support::read_file(site.path("fix-scripts/001.lua")).substr(8));
      json script = first_of(other, {"run"});
      CHECK(script.at("outcome") == "blocked");
      CHECK(has(script.at("reason"), "another node is at work"));

      run->signal(SIGKILL);
      other.write("fix-scripts/001.lua", support::read_file(site.path("fix-scripts/001.lua")));
      script = first_of(other, {"run"});
      CHECK(script.at("outcome") == "blocked");
      CHECK(has(script.at("reason"), "begun by first on 20"));
      CHECK(marks(engine) == "1");

      CHECK(first_of(other, {"run", "--force"}).at("outcome") == "succeeded");
      CHECK(marks(engine) == "2");
      CHECK(begun(engine) == "0");
      script = first_of(site, {"run"});
      CHECK(script.at("outcome") == "skipped");
      CHECK(has(script.at("reason"), "already applied by second"));
    }
  }
}

TEST_CASE("journey: a connection that is lost in a script without a transaction leaves it unknown") {
  for (const char* kind : {"postgresql", "mariadb"}) {
    const Site site;
    for (const Engine& engine : support::engines(site)) {
      if (engine.name != kind) continue;
      CAPTURE(engine.name);
      support::use(site, engine);
      const bool postgresql = engine.name == "postgresql";
      const auto run = at_work(site, engine,
                               k_mark + "for i = 1, 1000 do db.exec('" +
                                   (postgresql ? "select pg_sleep(0.05)" : "do sleep(0.05)") + "') end");
      if (postgresql)
        engine.ask(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and "
            "application_name like 'fettle %001.lua'");
      else
        engine.ask("kill " + engine.ask("select min(id) from information_schema.processlist where user = 'fettle' and "
                                        "db = database() and info like 'do%'"));
      const Ended ended = run->wait(Seconds(30));
      CHECK(ended.status == 10);
      CHECK(has(ended.out, "it has no transaction and was not seen to end"));
      CHECK(begun(engine) == "1");
      CHECK(site.fettle({"run"}).status == 8);
      CHECK(marks(engine) == "1");
    }
  }
}

TEST_CASE("journey: without a transaction a server does what it does in none, and no more") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_marks(engine);
    for (const char* sql : {"begin", "commit", "rollback", "savepoint a"})
      CHECK(has(error_of(site, engine.name + "_control.lua", fmt::format("db.exec('{}')", sql)),
                "each statement is committed by itself"));
    for (const char* sql : {"delete from fettle_receipts", "delete from fettle_begun", "drop table fettle_begun",
                            "create view seen as select * from fettle_begun"})
      CHECK(error_of(site, engine.name + "_receipts.lua", fmt::format("db.exec('{}')", sql)).find("fettle_begun") !=
            std::string::npos);
    if (engine.name == "postgresql") {
      CHECK(error_of(site, "pg.lua",
                     "db.exec('create index concurrently marks_n on marks (n)') "
                     "for row in db.rows('select 1') do end "
                     "db.exec('vacuum marks') db.exec(\"set lock_timeout = '1s'\")") == "");
      CHECK(engine.ask("select count(*) from pg_indexes where indexname = 'marks_n'") == "1");
      CHECK(error_of(site, "pg_locks.lua", "assert(#db.query('select n from marks for update') == 0)") == "");
      for (const char* sql : {"delete from U&\"fettle\\005fbegun\"", "set standard_conforming_strings = off",
                              "create subscription s connection 'host=x' publication p", "reindex database postgres"})
        CHECK(has(error_of(site, "pg_hidden.lua", fmt::format("db.exec([[{}]])", sql)), "not for scripts"));
      for (const char* sql : {"create database more", "alter system set fsync = off", "drop role fettle",
                              "set session authorization postgres", "set transaction read only"})
        CHECK(has(error_of(site, "pg_far.lua", fmt::format("db.exec('{}')", sql)), "not for scripts"));
    }
    if (engine.name == "mariadb") {
      CHECK(error_of(site, "maria.lua",
                     "db.exec('alter table marks add column more int') "
                     "db.exec('create procedure twice() begin insert into marks values (1, 1); insert into marks "
                     "values (2, 2); end') "
                     "db.exec('call twice()') db.exec('truncate table marks') db.exec('analyze table marks') "
                     "db.exec('call twice()') db.exec('drop procedure twice')") == "");
      CHECK(marks(engine) == "2");
      CHECK(error_of(site, "maria_names.lua", "db.exec('create table user (role int)') db.exec('drop table user')") ==
            "");
      CHECK(has(error_of(site, "maria_open.lua",
                         "db.exec('create procedure opened() begin start transaction; insert into marks values (3, 3); "
                         "end') db.exec('call opened()')"),
                "left a transaction open"));
      CHECK(marks(engine) == "2");
      for (const char* sql : {"create database more", "drop user fettle", "flush tables", "grant all on *.* to fettle",
                              "lock tables marks write", "set autocommit = 0", "use mysql",
                              "create table procedure (a int); drop table marks"})
        CHECK(error_of(site, "maria_far.lua", fmt::format("db.exec('{}')", sql)) != "");
      CHECK(marks(engine) == "2");
    }
    std::filesystem::remove_all(site.path("failed"));
  }
}

TEST_CASE("journey: nothing of a script without a transaction is left for the next one on the connection") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    if (engine.name == "sqlite") continue;
    CAPTURE(engine.name);
    support::use(site, engine);
    const bool postgresql = engine.name == "postgresql";
    site.write(
        "fix-scripts/001.lua",
        piecemeal(postgresql ? "db.exec(\"set search_path = 'nowhere'\") db.exec('create temporary table left_over "
                               "(a int)')"
                             : "db.exec('set @left = 7') db.exec('create temporary table left_over (a int)')"));
    site.write("fix-scripts/002.lua",
               std::string("return { shouldRun = function() return true end, execute = function() ") +
                   "assert(not pcall(db.query, 'select * from left_over'))" +
                   " return { executed = " + (postgresql ? "true" : "db.value('select @left') == nil") + " } end }");
    const json report = site.fettle_json({"run", "--json"});
    CHECK(report.at("counts").at("succeeded") == (postgresql ? 1 : 2));
    if (postgresql) {  // a statement that fails ends what a transaction may do, so the next one looks
      site.write("fix-scripts/003.lua",
                 piecemeal("assert(db.value('show search_path') ~= 'nowhere') assert(db.value(\"select count(*) from "
                           "pg_locks where locktype = 'advisory'\") == 1)"));
      CHECK(first_of(site, {"run"}).at("error") == nullptr);
      CHECK(engine.ask("select count(*) from pg_locks where locktype = 'advisory'") == "0");
    }
    std::filesystem::remove_all(site.path("successfully-ran"));
    std::filesystem::remove_all(site.path("failed"));
  }
}

TEST_CASE("the field `transaction` is true or false") {
  const Site site;
  site.write("fix-scripts/001.lua",
             "return { transaction = 1, shouldRun = function() return true end, execute = function() end }");
  CHECK(has(first_of(site, {"run"}).at("error"), "`transaction` must be true or false"));
}

TEST_CASE("journey: a script without a transaction whose end nobody saw is held whatever was applied before") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  make_marks(engine);
  const auto killed = [&](const std::string& text) {
    site.write("fix-scripts/001.lua", text);
    Program run(site.launch({"run"}));
    const std::string before = marks(engine);
    REQUIRE(support::wait_until([&] { return marks(engine) != before; }));
    run.signal(SIGKILL);
    run.wait(Seconds(10));
  };
  const std::string body = k_mark + "if db.value('select count(*) from marks') % 2 == 0 then " + k_endless_loop + "end";
  SUBCASE("it is repeatable") {
    const std::string text = "return { repeatable = true, " + piecemeal(body).substr(8);
    site.write("fix-scripts/001.lua", text);
    CHECK(site.fettle({"run"}).status == 0);
    killed(text);
  }
  SUBCASE("it is a new version") {
    site.write("fix-scripts/001.lua", piecemeal(body));
    CHECK(site.fettle({"run"}).status == 0);
    killed(piecemeal(body) + " -- edited");
  }
  for (int times = 0; times < 3; ++times) CHECK(site.fettle({"run"}).status == 8);
  CHECK(marks(engine) == "2");
}

TEST_CASE("journey: what failed on one node without a transaction is not taken up by another") {
  for (const char* kind : {"postgresql", "mariadb"}) {
    const Site first, second;
    for (const Engine& engine : support::engines(first)) {
      if (engine.name != kind) continue;
      CAPTURE(engine.name);
      support::use(first, engine, "[fleet]\nnode = \"first\"\n");
      support::use(second, engine, "[fleet]\nnode = \"second\"\n");
      make_marks(engine);
      const std::string sleep =
          engine.name == "postgresql" ? "db.query('select pg_sleep(20)') " : "db.exec('do sleep(20)') ";
      const std::string text = "return { timeout = 2, " + piecemeal(k_mark + sleep).substr(8);
      for (const Site* site : {&first, &second}) site->write("fix-scripts/001.lua", text);
      CHECK(first_of(first, {"run"}).at("cause") == "timeout");
      const json script = first_of(second, {"run"});
      CHECK(script.at("outcome") == "blocked");
      CHECK(has(script.at("reason"), "begun by first"));
      CHECK(marks(engine) == "1");
      CHECK(first.fettle({"retry", "001"}).status == 4);  // it may be tried again where its end is known
      CHECK(marks(engine) == "2");
      CHECK(has(second.fettle({"history", "--fleet"}).out, "no success"));
    }
  }
}

TEST_CASE("journey: what one node is told to do leaves the doubt about another's attempt") {
  for (const char* kind : {"postgresql", "mariadb"}) {
    const Site first, second;
    for (const Engine& engine : support::engines(first)) {
      if (engine.name != kind) continue;
      CAPTURE(engine.name);
      support::use(first, engine);
      support::use(second, engine);
      const std::string body = k_mark + "if db.value('select count(*) from marks') == 1 then " + k_endless_loop +
                               "end if db.value('select count(*) from marks') == 2 then error('no') end";
      at_work(first, engine, body)->signal(SIGKILL);
      second.write("fix-scripts/001.lua", support::read_file(first.path("fix-scripts/001.lua")));
      CHECK(first_of(second, {"run", "--force"}).at("outcome") == "failed");
      CHECK(first.fettle({"run"}).status == 8);
      CHECK(first.fettle_json({"history", "--json"}).at(0).at("outcome") == "unknown");
      CHECK(marks(engine) == "2");
      CHECK(begun(engine) == "2");
      CHECK(first_of(first, {"run", "--force"}).at("outcome") == "succeeded");
      CHECK(begun(engine) == "0");
    }
  }
}

TEST_CASE("journey: a script without a transaction may skip before it changes something, not behind it") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_marks(engine);
    site.write("fix-scripts/reads.lua",
               piecemeal("if db.value('select count(*) from marks') == 0 then skip('none') end"));
    const json skipped = first_of(site, {"run"});
    CHECK(skipped.at("outcome") == "skipped");
    CHECK(begun(engine) == "0");
    site.write("fix-scripts/writes.lua", piecemeal(k_mark + "skip('enough')"));
    const json failed = first_of(site, {"run"});
    CHECK(failed.at("outcome") == "failed");
    CHECK(has(failed.at("error"), "it was skipped (enough) after it had changed something"));
    CHECK(begun(engine) == "1");
    site.write("fix-scripts/early.lua", piecemeal("error('at once')"));
    CHECK(first_of(site, {"run"}).at("error").get<std::string>().find("stays in the database") == std::string::npos);
    CHECK(begun(engine) == "1");
    std::filesystem::remove_all(site.path("successfully-ran"));
  }
}

// The contract of scripts, the same over every engine, with real servers: the built program runs the scripts of
// tests/contract/, which judge for themselves.
#include <chrono>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
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

// What differs between the engines in words alone.
std::string in_words_of(const Engine& engine, std::string sql) {
  const std::map<std::string, std::map<std::string, std::string>> words = {
      {"BYTES", {{"sqlite", "blob"}, {"postgresql", "bytea"}, {"mariadb", "longblob"}}},
      {"TEXT", {{"sqlite", "text"}, {"postgresql", "text"}, {"mariadb", "longtext"}}},
      {"DOUBLE", {{"sqlite", "real"}, {"postgresql", "double precision"}, {"mariadb", "double"}}},
      {"JSON", {{"sqlite", "text"}, {"postgresql", "jsonb"}, {"mariadb", "json"}}}};
  for (const auto& [word, kinds] : words)
    for (std::size_t at = 0; (at = sql.find(word)) != std::string::npos;)
      sql.replace(at, word.size(), kinds.at(engine.name));
  return sql;
}

void make_tables(const Engine& engine) {
  for (const char* sql :
       {"create table everything (id int primary key, words TEXT, whole bigint, floating DOUBLE, bytes BYTES, exact "
        "numeric(40, 10), day date, yes boolean, document JSON)",
        "create table things (id int primary key, name varchar(50) not null, amount int)",
        "create index things_by_name on things (name)"})
    engine.ask(in_words_of(engine, sql));
  if (engine.name == "postgresql") {
    engine.ask("alter table everything owner to fettle");
    engine.ask("alter table things owner to fettle");
  }
}

json run_script(const Site& site, const std::string& name, const std::string& text) {
  site.write("fix-scripts/" + name, text);
  const Ended ended = site.fettle({"run", "--json"});
  const json report = json::parse(ended.out, nullptr, false);
  if (report.is_discarded()) FAIL("no JSON: ", ended.out, ended.err);
  REQUIRE(report.at("scripts").size() == 1);
  return report.at("scripts").at(0);
}

std::string contract(const std::string& name) {
  return support::read_file(std::string(FETTLE_SOURCE_DIR) + "/tests/contract/" + name);
}

std::string executes(const std::string& body) {
  return "return { shouldRun = function() return true end, execute = function() " + body +
         " return { executed = true } end }";
}

// The error of a script whose execute() does this; empty: it succeeded.
std::string error_of(const Site& site, const std::string& name, const std::string& body) {
  const json script = run_script(site, name, executes(body));
  return script.at("outcome") == "succeeded" ? "" : script.at("error").get<std::string>();
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 700));
  return found;
}

}  // namespace

TEST_CASE("journey: the contract of scripts holds over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_tables(engine);
    for (const char* script : {"values.lua", "functions.lua"}) {
      const json report = run_script(site, engine.name + "_" + script, contract(script));
      CHECK(report.at("outcome") == "succeeded");
      CHECK(report.at("error") == nullptr);
    }
    CHECK(engine.ask("select count(*) from things") == "2500");
    CHECK(engine.ask("select count(*) from fettle_receipts") == "2");
  }
}

TEST_CASE("journey: what a script has written before it fails is gone, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_tables(engine);
    CHECK(has(error_of(site, engine.name + "_1.lua",
                       "db.exec(\"insert into things (id, name) values (1, 'a')\") error('no')"),
              "no"));
    CHECK(has(error_of(site, engine.name + "_2.lua",
                       "db.exec(\"insert into things (id, name) values (1, 'a')\")\n"
                       "db.exec(\"insert into things (id, name) values (1, 'b')\")"),
              engine.name == "sqlite" ? "UNIQUE" : "SQLSTATE 23"));
    CHECK(engine.ask("select count(*) from things") == "0");
    const std::string misspelt = error_of(site, engine.name + "_3.lua", "db.query('select id\\nfrm things')");
    CHECK(has(misspelt, "things"));
  }
}

TEST_CASE("journey: shouldRun() cannot write, and the database sees to that, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_tables(engine);
    const json script = run_script(
        site, engine.name + ".lua",
        "return { shouldRun = function() db.exec(\"insert into things (id, name) values (1, 'a')\") return true end,\n"
        "execute = function() return { executed = true } end }");
    CHECK(script.at("outcome") == "failed");
    CHECK(has(script.at("error"), "only reading is allowed"));
    CHECK(engine.ask("select count(*) from things") == "0");
  }
}

TEST_CASE("journey: one database is written while others of other kinds are read, and rows are copied between them") {
  const Site site;
  const Engine other = support::postgresql_engine();
  if (other.name.empty()) return;
  make_tables(other);
  other.ask("insert into things select n, 'thing ' || n, n from generate_series(1, 5000) n");
  const Engine own = support::sqlite_engine(site);
  make_tables(own);
  support::use(site, own, "[databases.legacy]\nurl = \"" + other.url + "\"\n");
  CHECK(error_of(site, "001_copy.lua",
                 "local rows = {}\n"
                 "for row in databases.legacy.rows('select id, name, amount from things order by id') do\n"
                 "  rows[#rows + 1] = { row.id, row.name, row.amount }\n"
                 "  if #rows == 500 then db.executemany('insert into things values (?, ?, ?)', rows) rows = {} end\n"
                 "end") == "");
  CHECK(own.ask("select count(*), sum(amount) from things") == "5000|12502500");
  CHECK(has(error_of(site, "002_other.lua", "databases.legacy.exec('delete from things')"), "only reading is allowed"));
  // The other way round: the script says which database it writes.
  site.write("fix-scripts/003_back.lua",
             "return { database = 'legacy', shouldRun = function() return true end, execute = function()\n"
             "for row in databases.main.rows('select id from things where id <= 10') do\n"
             "  db.exec('delete from things where id = ?', row.id) end\n"
             "return { executed = true } end }");
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(other.ask("select count(*) from things") == "4990");
  CHECK(other.ask("select script from fettle_receipts") == "003_back.lua");
}

TEST_CASE("journey: a million rows are streamed from every engine in the same little memory") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_tables(engine);
    const std::map<std::string, std::string> million = {
        {"sqlite",
         "insert into things with recursive n (x) as (select 1 union all select x + 1 from n where x < 1000000) "
         "select x, 'thing ' || x, x from n"},
        {"postgresql", "insert into things select n, 'thing ' || n, n from generate_series(1, 1000000) n"},
        {"mariadb", "insert into things select seq, concat('thing ', seq), seq from seq_1_to_1000000"}};
    engine.ask(million.at(engine.name));
    site.write(
        "fix-scripts/" + engine.name + ".lua",
        executes(
            "local sum = 0 for row in db.rows('select id, name, amount from things') do sum = sum + row.amount end "
            "if sum ~= 500000500000 then error(tostring(sum)) end"));
    Program run(site.launch({"run"}));
    std::uint64_t peak = 0;
    support::wait_until(
        [&] {
          for (const pid_t process : support::descendants_of(run.pid()))
            peak = std::max(peak, support::peak_memory(process));
          return support::peak_memory(run.pid()) == 0;
        },
        Seconds(100));
    CHECK(run.wait(Seconds(60)).status == 0);
    MESSAGE(engine.name, ": the largest process held ", peak >> 20U, " MiB");
    CHECK(peak < std::uint64_t{64} << 20U);
  }
}

TEST_CASE("journey: a password is told nowhere: not on the terminal, not in a note, not in the ledger") {
  const Site site;
  const Engine engine = support::postgresql_engine();
  if (engine.name.empty()) return;
  support::use(site, engine,
               "[databases.wrong]\nurl = \"postgresql://fettle:Geheim123@127.0.0.1:1/none\"\n"
               "[databases.broken]\nurl = \"postgresql://fettle:Geheim123@127.0.0.1:1/none?Geheim123\"\n");
  site.write("fix-scripts/001_good.lua", executes("db.value('select 1')"));
  site.write("fix-scripts/002_bad.lua", executes("db.exec('nonsense')"));
  site.write("fix-scripts/003_wrong.lua",
             "return { database = 'wrong', shouldRun = function() return true end, "
             "execute = function() return { executed = true } end }");
  site.write("fix-scripts/004_broken.lua",
             "return { database = 'broken', shouldRun = function() return true end, "
             "execute = function() return { executed = true } end }");
  std::string all;
  for (const std::vector<std::string>& command : {std::vector<std::string>{"-v", "run"},
                                                  {"run", "--json"},
                                                  {"status"},
                                                  {"history", "--json"},
                                                  {"show", "1"},
                                                  {"plan"},
                                                  {"doctor"},
                                                  {"config", "show"},
                                                  {"ledger", "export"}}) {
    const Ended ended = site.fettle(command);
    all += ended.out + ended.err;
  }
  for (const char* file : {".fettle/ledger.db", ".fettle/ledger.db-wal", "failed/002_bad.lua.error.txt"})
    if (site.exists(file)) all += support::read_file(site.path(file));
  for (const std::string secret : {"Geheim123", "p@ss", "p%40ss", "w0rd"}) {
    const std::size_t at = all.find(secret);
    if (at != std::string::npos) MESSAGE(all.substr(at > 200 ? at - 200 : 0, 300));
    CHECK(at == std::string::npos);
  }
  CHECK(has(all, "127.0.0.1"));
}

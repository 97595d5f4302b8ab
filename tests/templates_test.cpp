// What `fettle new --template` makes, on the built program and over every engine: safe as it is, and once its values
// are filled in it does its job and knows when it is done.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/engine.hpp"

using nlohmann::json;
using support::Engine;
using support::Site;

namespace {

struct Job {
  std::vector<std::string> tables;                          // as they are before
  std::vector<std::string> rows;                            // statements
  std::vector<std::pair<std::string, std::string>> filled;  // what a person writes in the place of what
  std::string question, before, after;                      // how the data is told
};

const std::string k_old_items =
    "create table items (id integer primary key, name text); insert into items values (1, 'one'), (2, null), (3, "
    "'three')";

const std::map<std::string, Job> k_jobs = {
    {"drop-table",
     {{"create table coupons (id int primary key)"},
      {},
      {{"TABLE = \"…\"", "TABLE = \"coupons\""}},
      "TABLES",
      "1",
      "0"}},
    {"clean-rows",
     {{"create table pages (id int primary key)", "create table menu (id int primary key, page_id int)"},
      {"insert into pages values (1)", "insert into menu values (1, 1), (2, 7), (3, 8)"},
      {{"TABLE = \"…\"", "TABLE = \"menu\""}, {"WRONG = \"…\"", "WRONG = \"page_id not in (select id from pages)\""}},
      "select count(*) from menu",
      "3",
      "1"}},
    {"seed-data",
     {{"create table currencies (code varchar(3) primary key, name varchar(20))"},
      {"insert into currencies values ('EUR', 'Euro')"},
      {{"TABLE = \"…\"", "TABLE = \"currencies\""},
       {"COLUMNS = { \"…\" }", "COLUMNS = { \"code\", \"name\" }"},
       {"-- { \"EUR\", \"Euro\" },", "{ \"EUR\", \"Euro\" }, { \"USD\", \"Dollar\" }, { \"XXX\", db.null },"}},
      "select count(*) + 10 * count(name) from currencies",
      "11",
      "23"}},
    {"backfill",
     {{"create table people (id int primary key, first_name varchar(9), last_name varchar(9), full_name varchar(20))"},
      {"insert into people values (1, 'Ada', 'Ames', null), (2, 'Bob', null, null), (3, 'Cy', 'Cole', 'kept'), "
       "(4, 'Di', 'Dean', null)"},
      {{"TABLE = \"…\"", "TABLE = \"people\""},
       {"COLUMN = \"…\"", "COLUMN = \"full_name\""},
       {"error(\"fill in the values at the top of this script\")",
        "return row.last_name and row.first_name .. \" \" .. row.last_name"}},
      "select count(*) from people where full_name in ('kept', 'Ada Ames', 'Di Dean')",
      "1",
      "3"}},
    {"merge-duplicates",
     {{"create table customers (id int primary key, email varchar(20), city varchar(20))",
       "create table orders (id int primary key, customer_id int)"},
      {"insert into customers values (1, 'a@x', 'A'), (2, 'b@x', 'B'), (3, 'a@x', 'A'), (4, 'a@x', 'A'), (5, null, "
       "'A'), (6, null, 'A'), (7, 'a@x', 'B')",
       "insert into orders values (1, 3), (2, 4), (3, 2), (4, 1)"},
      {{"TABLE = \"…\"", "TABLE = \"customers\""},
       {"SAME = { \"…\" }", "SAME = { \"email\", \"city\" }"},
       {"-- { table = ", "{ table = "}},
      "select (select count(*) from customers) + 10 * (select count(*) from orders where customer_id = 1)",
      "17",
      "35"}},
    {"copy-between-databases",
     {{"create table items (id int primary key, name varchar(20))"},
      {"insert into items values (1, 'mine')"},
      {{"FROM = \"…\"", "FROM = \"old\""},
       {"TABLE = \"…\"", "TABLE = \"items\""},
       {"COLUMNS = { \"…\" }", "COLUMNS = { \"id\", \"name\" }"}},
      "select count(*) + 10 * count(name) from items where name is null or name in ('mine', 'three')",
      "11",
      "23"}},
};

const std::map<std::string, std::string> k_coupon_tables = {
    {"sqlite", "select count(*) from sqlite_master where name = 'coupons'"},
    {"postgresql", "select count(*) from pg_tables where tablename = 'coupons'"},
    {"mariadb",
     "select count(*) from information_schema.tables where table_schema = database() and table_name = 'coupons'"}};

std::string told(const Engine& engine, const Job& job) {
  return engine.ask(job.question == "TABLES" ? k_coupon_tables.at(engine.name) : job.question);
}

void make_tables(const Engine& engine, const Job& job) {
  for (const std::string& sql : job.tables) {
    engine.ask(sql);
    const std::string name = sql.substr(13, sql.find(' ', 13) - 13);
    if (engine.name == "postgresql") engine.ask("alter table " + name + " owner to fettle");
  }
  for (const std::string& sql : job.rows) engine.ask(sql);
}

std::string filled_in(std::string text, const Job& job, const Engine& engine) {
  for (const auto& [from, to] : job.filled) {
    REQUIRE_MESSAGE(text.find(from) != std::string::npos, from);
    text.replace(text.find(from), from.size(), to);
  }
  const std::string piecemeal = "-- transaction = false,";
  if (engine.name == "mariadb" && text.find(piecemeal) != std::string::npos) text.erase(text.find(piecemeal), 3);
  return text;
}

json run_one(const Site& site) {
  const json report = site.fettle_json({"run", "--json"});
  REQUIRE(report.at("scripts").size() == 1);
  return report.at("scripts").at(0);
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Makes a script from the template; it stands where the run took it.
std::string run_as_it_is(const Site& site, const std::string& name) {
  const json made = site.fettle_json({"new", "--template", name, name, "--json"});
  const std::string script = made.at("script");
  CHECK(made.at("template") == name);
  CHECK(site.fettle({"check"}).status == 0);
  const json report = run_one(site);
  CHECK(report.at("outcome") == "failed");
  CHECK(text_of(report.at("error")).starts_with(script + ":"));
  CHECK(site.exists("failed/" + script));
  return script;
}

}  // namespace

TEST_CASE("journey: each template is listed and explained, and has a job in this test") {
  const Site site;
  std::set<std::string> listed;
  for (const json& each : site.fettle_json({"new", "--list", "--json"})) {
    listed.insert(each.at("name").get<std::string>());
    CHECK(each.at("summary").get<std::string>().size() <= 55);
    CHECK(each.at("default") == (each.at("name") == "empty"));
  }
  std::set<std::string> known = {"empty"};
  for (const auto& [name, job] : k_jobs) known.insert(name);
  CHECK(listed == known);
  const std::string document = support::read_file(FETTLE_SOURCE_DIR "/docs/scripts.md");
  for (const std::string& name : listed) CHECK(document.find(fmt::format("\n| `{}` | ", name)) != std::string::npos);
}

TEST_CASE("journey: a template that is run as it is fails and changes nothing; filled in it does its job, once") {
  const Site site;
  site.sql(k_old_items, "old.db");
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine, "[databases.old]\nurl = \"sqlite:old.db\"\n");
    for (const auto& [name, job] : k_jobs) {
      CAPTURE(name);
      make_tables(engine, job);
      const std::string script = run_as_it_is(site, name);
      CHECK(told(engine, job) == job.before);

      const std::string text = filled_in(support::read_file(site.path("failed/" + script)), job, engine);
      site.write("fix-scripts/" + script, text);
      const json first = run_one(site);
      CHECK_MESSAGE(first.at("outcome") == "succeeded", first.dump(2));
      CHECK(!text_of(first.at("message")).empty());
      CHECK(told(engine, job) == job.after);

      site.write("fix-scripts/" + script, text + "-- once more\n");
      const json second = run_one(site);
      CHECK_MESSAGE(second.at("outcome") == "skipped", second.dump(2));
      CHECK(text_of(second.at("reason")).find("shouldRun()") != std::string::npos);
      CHECK(told(engine, job) == job.after);
    }
  }
}

TEST_CASE("journey: the empty template fails until it is written, whatever is asked of it") {
  const Site site;
  const std::string script = run_as_it_is(site, "empty");
  CHECK(site.fettle({"retry", script, "--no-run"}).status == 0);
  CHECK(site.fettle({"run", "--force", script}).status == 4);
  CHECK(site.sql("select count(*) from ran") == "0");
}

TEST_CASE("journey: the template drop-table keeps a table that has more rows than it was told") {
  const Site site;
  site.sql("insert into ran values ('a'), ('b')");
  const std::string script = run_as_it_is(site, "drop-table");
  std::string text = support::read_file(site.path("failed/" + script));
  text.replace(text.find("\"…\""), std::string("\"…\"").size(), "\"ran\"");
  site.write("fix-scripts/" + script, text);
  CHECK(text_of(run_one(site).at("error")).find("ran has 2 rows, more than 0") != std::string::npos);
  CHECK(site.sql("select count(*) from ran") == "2");
}

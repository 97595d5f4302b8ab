// Histories in real servers and of real tools, brought by the built program; and whoever is killed while a history is
// brought leaves none of it, or all.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <random>
#include <string>
#include <thread>

#include "support/engine.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Program;
using support::Site;

namespace {

constexpr std::string_view k_secret = "p%40ss";

json import(const Site& site, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "import");
  arguments.insert(arguments.end(), {"--yes", "--json"});
  const Ended ended = site.fettle(arguments);
  CAPTURE(ended.out);
  CAPTURE(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out.find(k_secret) == std::string::npos);
  CHECK(ended.err.find(k_secret) == std::string::npos);
  return json::parse(ended.out, nullptr, false);
}

struct OnServer {
  std::string tool, sql;
  json states;
  std::string applied;  // a script without .lua
  std::string at;       // when, UTC; empty: unknown
};

// In words that PostgreSQL and MariaDB both understand.
std::vector<OnServer> histories_on(const std::string& engine) {
  const std::string boolean = engine == "postgresql" ? "boolean" : "tinyint(1)";
  const std::string timestamp = engine == "postgresql" ? "timestamp" : "datetime(3)";
  const std::string number = engine == "postgresql" ? "bigint generated always as identity" : "bigint auto_increment";
  return {
      {"flyway",
       fmt::format("create table flyway_schema_history (installed_rank int not null primary key, version varchar(50), "
                   "description varchar(200) not null, type varchar(20) not null, script varchar(1000) not null, "
                   "checksum int, installed_by varchar(100) not null, installed_on {} not null, execution_time int not "
                   "null, success {} not null); insert into flyway_schema_history values (1, '1', 'init', 'SQL', "
                   "'V1__init.sql', -1665099012, 'sa', '2024-01-01 10:00:00.123', 12, true), (2, '2', 'bad', 'SQL', "
                   "'V2__bad.sql', 7, 'sa', '2024-01-01 10:00:01', 1, false)",
                   timestamp, boolean),
       {{"applied", 1}, {"failed", 1}},
       "V1__init",
       "2024-01-01T10:00:00.123Z"},
      {"laravel",
       "create table migrations (id int not null primary key, migration varchar(255) not null, batch int not null); "
       "insert into migrations values (1, '2014_10_12_000000_a', 1), (2, '2014_10_12_100000_b', 2)",
       {{"applied", 2}},
       "2014_10_12_000000_a",
       ""},
      {"goose",
       fmt::format(
           "create table goose_db_version (id {} primary key, version_id bigint not null, is_applied {} not null, "
           "tstamp {}); insert into goose_db_version (version_id, is_applied, tstamp) values (0, true, '2024-01-01 "
           "09:00:00'), (1, true, '2024-01-01 10:00:00'), (2, true, '2024-01-01 10:00:01'), (2, false, "
           "'2024-01-01 10:00:02')",
           number, boolean, timestamp),
       {{"applied", 1}, {"rolled_back", 1}},
       "00001_a",
       "2024-01-01T10:00:00.000Z"},
      {"golang-migrate",
       fmt::format(
           "create table schema_migrations (version bigint not null primary key, dirty {} not null); insert into "
           "schema_migrations values (7, false)",
           boolean),
       {{"applied", 1}},
       "0007_x",
       ""},
      {"liquibase",
       fmt::format(
           "create table databasechangelog (id varchar(255) not null, author varchar(255) not null, filename "
           "varchar(255) not null, dateexecuted {} not null, orderexecuted int not null, exectype varchar(10) not "
           "null, md5sum varchar(35), description varchar(255), comments varchar(255), tag varchar(255), liquibase "
           "varchar(20), contexts varchar(255), labels varchar(255), deployment_id varchar(10)); insert into "
           "databasechangelog (id, author, filename, dateexecuted, orderexecuted, exectype) values ('one', 'a', "
           "'f.xml', '2024-01-01 10:00:00', 1, 'EXECUTED'), ('two', 'a', 'f.xml', '2024-01-01 10:00:01', 2, "
           "'MARK_RAN')",
           timestamp),
       {{"applied", 1}, {"marked", 1}},
       "two",
       "2024-01-01T10:00:01.000Z"},
      {"knex",
       fmt::format("create table knex_migrations (id int not null primary key, name varchar(255), batch int, "
                   "migration_time {}); insert into knex_migrations values (1, '1_a.js', 1, '2024-01-01 10:00:00')",
                   engine == "postgresql" ? "timestamptz" : "timestamp"),
       {{"applied", 1}},
       "1_a",
       ""},
      {"sqitch",
       fmt::format(
           "create table changes (change_id varchar(40) not null primary key, script_hash varchar(40), {0} "
           "varchar(99) not null, project varchar(99) not null, note varchar(99), committed_at {1} not null, "
           "committer_name varchar(99), committer_email varchar(99), planned_at {1}, planner_name varchar(99), "
           "planner_email varchar(99)); insert into changes (change_id, {0}, project, committed_at) values ('c1', "
           "'first', 'x', '2024-01-01 10:00:00')",
           engine == "postgresql" ? "change" : "`change`", timestamp),
       {{"applied", 1}},
       "first",
       "2024-01-01T10:00:00.000Z"},
  };
}

void check_on(const Engine& engine, const OnServer& history) {
  CAPTURE(engine.name);
  CAPTURE(history.tool);
  const Site site;
  support::use(site, engine);
  engine.ask("create table ran (script varchar(255))");
  engine.ask(history.sql);
  if (engine.name == "postgresql") engine.ask("grant select on all tables in schema public to fettle");
  const json report = import(site, {"auto", "--from", engine.url});
  CHECK(report.at("tool") == history.tool);
  CHECK(report.at("states") == history.states);
  CHECK(report.at("source").get<std::string>().find('@') == std::string::npos);
  CHECK(import(site, {history.tool, "--connection", "main"}).at("counts").at("imported") == 0);
  const json rows = site.fettle_json({"history", "--imported", "--json", "--limit", "0"});
  for (const json& row : rows)
    if (row.at("name").get<std::string>().starts_with(history.applied) && !history.at.empty())
      CHECK(row.at("at") == history.at);
  CHECK(
      site.sql("select group_concat(command || source) from imports", site.path(".fettle/ledger.db")).find(k_secret) ==
      std::string::npos);
  site.write("fix-scripts/" + history.applied + ".lua", support::k_good);
  CHECK(site.fettle_json({"run", "--json"}).at("counts").at("skipped") == 1);
  CHECK(engine.ask("select count(*) from ran") == "0");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

// Whether a program is there; the test is skipped, and says so, where it is not.
bool is_there(const std::string& program) {
  if (std::filesystem::exists(program)) return true;
  support::skip(program + " is not installed");
  return false;
}

void shell(const Site& site, const std::string& commands) {
  const Ended ended = support::run(
      {.command = {"/bin/sh", "-euc", commands}, .directory = site.path(""), .environment = {"HOME=" + site.path("")}},
      support::Seconds(120));
  if (ended.status != 0) FAIL(commands, ": ", ended.out, ended.err);
}

void check_skipped(const Site& site, const std::string& script) {
  site.write("fix-scripts/" + script + ".lua", support::k_good);
  site.write("fix-scripts/zz_new.lua", support::k_good);
  const json counts = site.fettle_json({"run", "--json"}).at("counts");
  CHECK(counts.at("skipped") == 1);
  CHECK(counts.at("succeeded") == 1);
  CHECK(site.sql("select script from ran") == "zz_new.lua");
}

}  // namespace

TEST_CASE("histories in PostgreSQL are read, and a password is told to nobody") {
  if (support::PostgresqlServer::shared() == nullptr) return support::skip("PostgreSQL is not installed");
  for (const OnServer& history : histories_on("postgresql")) check_on(support::postgresql_engine(), history);
}

TEST_CASE("histories in MariaDB are read, and a password is told to nobody") {
  if (support::MariadbServer::shared() == nullptr) return support::skip("MariaDB is not installed");
  for (const OnServer& history : histories_on("mariadb")) check_on(support::mariadb_engine(), history);
}

TEST_CASE("times of MariaDB that are kept in UTC are told in UTC, whatever zone the server is in") {
  if (support::MariadbServer::shared() == nullptr) return support::skip("MariaDB is not installed");
  const Engine engine = support::mariadb_engine();
  const Site site;
  support::use(site, engine);
  engine.ask("create table k (id int not null primary key, name varchar(255), batch int, migration_time timestamp)");
  engine.ask("set time_zone = '+00:00'; insert into k values (1, '1_a.js', 1, '2024-01-01 10:00:00')");
  const std::string zone = engine.ask("select @@global.time_zone");
  engine.ask("set global time_zone = '+05:00'");
  import(site, {"knex", "--connection", "main"});
  engine.ask("set global time_zone = '" + zone + "'");
  CHECK(site.fettle_json({"history", "--imported", "--json"}).at(0).at("at") == "2024-01-01T10:00:00.000Z");
}

TEST_CASE("a server that cannot be reached is told without its password, and nothing is made") {
  const Site site;
  const Ended ended = site.fettle({"import", "auto", "--from", "postgresql://anna:geheim@127.0.0.1:1/x", "--dry-run"});
  CHECK(ended.status == 6);
  CHECK((ended.out + ended.err).find("geheim") == std::string::npos);
  CHECK_FALSE(site.exists(".fettle"));
}

TEST_CASE("what alembic itself has applied is skipped") {
  if (!is_there("/usr/bin/alembic")) return;
  const Site site;
  shell(site,
        "alembic init mig >/dev/null && sed -i 's#^sqlalchemy.url.*#sqlalchemy.url = sqlite:///old.db#' alembic.ini && "
        "alembic revision -m first && alembic revision -m second && alembic upgrade head");
  CHECK(import(site, {"auto", "--from", "old.db", "--files", "mig/versions"}).at("counts").at("imported") == 2);
  std::string first;
  for (const auto& entry : std::filesystem::directory_iterator(site.path("mig/versions")))
    if (entry.path().stem().string().ends_with("_first")) first = entry.path().stem();
  check_skipped(site, first);
}

TEST_CASE("what Django itself has applied is skipped") {
  if (!is_there("/usr/bin/django-admin")) return;
  const Site site;
  shell(site, "/usr/bin/python3 /usr/bin/django-admin startproject p . && /usr/bin/python3 manage.py migrate");
  const json report = import(site, {"auto", "--from", "db.sqlite3"});
  CHECK(report.at("tool") == "django");
  CHECK(report.at("without_time") == 0);
  check_skipped(site, "auth.0001_initial");
}

TEST_CASE("what Sqitch itself has deployed, reverted and failed to deploy is told apart") {
  if (!is_there("/usr/bin/sqitch")) return;
  const Site site;
  shell(site,
        "sqitch init x --engine sqlite && sqitch config user.name a && sqitch config user.email a@example.org && "
        "for n in first second third; do sqitch add $n -n x; done && echo 'select * from nothing;' >> deploy/third.sql "
        "&& "
        "sqitch deploy db:sqlite:old.db --to second && sqitch revert -y db:sqlite:old.db --to first && "
        "(sqitch deploy db:sqlite:old.db --mode change || true) && sqitch revert -y db:sqlite:old.db --to first");
  const json report = import(site, {"auto", "--from", "sqitch.db"});
  CHECK(report.at("states") == json({{"applied", 1}, {"failed", 1}, {"rolled_back", 1}}));
  check_skipped(site, "first");
}

TEST_CASE("what sql-migrate itself has applied is skipped") {
  if (!is_there("/usr/bin/sql-migrate")) return;
  const Site site;
  shell(
      site,
      "mkdir migrations && printf 'development:\\n  dialect: sqlite3\\n  datasource: old.db\\n  dir: migrations\\n' > "
      "dbconfig.yml && printf -- '-- +migrate Up\\ncreate table a (x int);\\n' > migrations/1_first.sql && sql-migrate "
      "up");
  CHECK(import(site, {"auto", "--from", "old.db"}).at("tool") == "sql-migrate");
  check_skipped(site, "1_first");
}

// The folder in which `npm install knex umzug dbmate better-sqlite3` was typed.
TEST_CASE("what Knex, umzug and dbmate themselves have applied is skipped") {
  const char* folder = std::getenv("FETTLE_NPM_TOOLS");
  if (folder == nullptr) return support::skip("FETTLE_NPM_TOOLS names no folder with knex, umzug and dbmate");
  const std::string modules = std::string(folder) + "/node_modules";
  const Site site;
  shell(site,
        fmt::format(
            "ln -s {} node_modules && mkdir migrations && echo \"exports.up = k => k.schema.createTable('t', t => "
            "t.increments()); exports.down = k => k\" > migrations/20240101_a.js && echo \"module.exports = {{ "
            "client: 'better-sqlite3', connection: {{ filename: './knex.db' }}, useNullAsDefault: true }}\" > "
            "knexfile.js && node node_modules/knex/bin/cli.js migrate:latest",
            modules));
  CHECK(import(site, {"auto", "--from", "knex.db"}).at("tool") == "knex");
  check_skipped(site, "20240101_a");
  const Site umzug;
  shell(umzug,
        fmt::format("ln -s {} node_modules && echo \"const {{Umzug, JSONStorage}} = require('umzug'); new "
                    "Umzug({{migrations: ['001-a.js'].map(name => ({{name, up: async () => {{}}}})), storage: new "
                    "JSONStorage({{path: './umzug.json'}}), logger: undefined}}).up()\" > run.js && node run.js",
                    modules));
  CHECK(import(umzug, {"auto", "--from", "umzug.json"}).at("tool") == "umzug");
  check_skipped(umzug, "001-a");
  const Site dbmate;
  shell(dbmate,
        fmt::format(
            "mkdir -p db/migrations && printf -- '-- migrate:up\\ncreate table a (x int);\\n-- migrate:down\\n' > "
            "db/migrations/20240101120000_a.sql && {}/@dbmate/linux-*/bin/dbmate --url sqlite:old.db "
            "--no-dump-schema up",
            modules));
  CHECK(import(dbmate, {"dbmate", "--from", "old.db"}).at("counts").at("imported") == 1);
  check_skipped(dbmate, "20240101120000_a");
}

TEST_CASE(
    "whoever is killed while a history is brought leaves nothing of it or all of it, and the next one completes it") {
  constexpr int k_rows = 60'000;
  constexpr int k_kills = 12;
  const Site site;
  site.sql(
      fmt::format("create table knex_migrations (id integer primary key, name text, batch integer, migration_time "
                  "integer); with recursive n (i) as (values (1) union all select i + 1 from n where i < {}) insert "
                  "into knex_migrations select i, printf('%06d_x.js', i), 1, 1704103200000 + i from n",
                  k_rows),
      "old.db");
  std::mt19937 dice(std::random_device{}());
  int in_the_middle = 0;
  for (int kill = 0; kill < k_kills; ++kill) {
    std::filesystem::remove_all(site.path(".fettle"));
    const auto began = std::chrono::steady_clock::now();
    CHECK(site.fettle({"import", "auto", "--from", "old.db", "--yes"}).status == 0);
    const auto whole = std::chrono::steady_clock::now() - began;
    std::filesystem::remove_all(site.path(".fettle"));
    {
      Program program(site.launch({"import", "auto", "--from", "old.db", "--yes"}));
      std::this_thread::sleep_for(whole * std::uniform_real_distribution<double>(0.02, 1)(dice));
      if (!program.is_over()) ++in_the_middle;
      program.signal(SIGKILL);
      program.wait(support::Seconds(30));
    }
    // Whoever was killed while the ledger itself was made has left none, once SQLite has looked at it.
    const std::string ledger = site.path(".fettle/ledger.db");
    if (site.exists(".fettle/ledger.db") && site.sql("select count(*) from sqlite_master", ledger) != "0") {
      const json info = site.fettle_json({"ledger", "info", "--json"});
      const bool all = info.at("imports") == 1;
      CHECK(info.at("imports") == (all ? 1 : 0));
      CHECK(site.sql("select count(*) from imported", site.path(".fettle/ledger.db")) ==
            (all ? std::to_string(k_rows) : "0"));
      CHECK(site.fettle({"ledger", "verify"}).status == 0);
    }
    const json counts = import(site, {"auto", "--from", "old.db"}).at("counts");
    CHECK(counts.at("imported").get<int>() + counts.at("already").get<int>() == k_rows);
    CHECK(site.fettle({"ledger", "verify"}).status == 0);
  }
  CHECK(in_the_middle > 0);
}

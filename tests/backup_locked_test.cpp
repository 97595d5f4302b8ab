// Backups that are encrypted, and those of servers.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "support/engine.hpp"
#include "support/site.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

namespace fs = std::filesystem;

constexpr const char* k_right = "FETTLE_BACKUP_PASSPHRASE=correct horse";
constexpr const char* k_wrong = "FETTLE_BACKUP_PASSPHRASE=battery staple";

Ended with(const Site& site, const std::vector<std::string>& environment, const std::vector<std::string>& words) {
  support::Launch launch = site.launch(words);
  launch.environment = environment;
  return support::run(launch, Seconds(120));
}

std::string created(const Site& site, const std::vector<std::string>& environment) {
  const Ended ended = with(site, environment, {"backup", "create", "--json"});
  REQUIRE_MESSAGE(ended.status == 0, ended.err);
  return json::parse(ended.out).at("name");
}

// A word of the data, of a script or of the passphrase, in any file of the backup.
bool tells(const Site& site, const std::string& name, const std::string& word) {
  for (const auto& each : fs::directory_iterator(site.path("backups/" + name)))
    if (support::read_file(each.path()).find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("backup: an encrypted one is readable by who has the passphrase, and by nobody else") {
  const Site site("[backup]\nencrypt = \"passphrase\"\n");
  site.sql("insert into ran values ('a-word-to-look-for')");
  site.write("fix-scripts/001_secret_name.lua", support::k_good);
  const Ended none = site.fettle({"backup", "create"});
  CHECK(none.status == 2);
  CHECK(none.err.find("FETTLE_BACKUP_PASSPHRASE") != std::string::npos);
  CHECK_FALSE(site.exists("backups"));
  const std::string name = created(site, {k_right});
  for (const char* word : {"a-word-to-look-for", "secret_name", "correct horse"}) CHECK_FALSE(tells(site, name, word));

  CHECK(with(site, {k_right}, {"backup", "verify"}).status == 0);
  const Ended unproved = site.fettle({"backup", "verify"});
  CHECK(unproved.status == 0);
  CHECK(unproved.out.find("not decrypted") != std::string::npos);
  const Ended wrong = with(site, {k_wrong}, {"backup", "verify"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("the passphrase is not that of backup " + name) != std::string::npos);
  CHECK(with(site, {k_wrong}, {"backup", "restore", name, "--yes", "--force"}).status == 2);
  CHECK(site.fettle({"backup", "restore", name, "--yes"}).status == 2);

  site.sql("delete from ran");
  fs::remove(site.path("fix-scripts/001_secret_name.lua"));
  REQUIRE(with(site, {k_right}, {"backup", "restore", name, "--yes", "--force"}).status == 0);
  CHECK(site.sql("select script from ran") == "a-word-to-look-for");
  CHECK(site.exists("fix-scripts/001_secret_name.lua"));

  site.write("passphrase", "correct horse\n");
  CHECK(
      with(site, {"FETTLE_BACKUP_PASSPHRASE_FILE=passphrase"}, {"backup", "verify", name}).out.find("not decrypted") ==
      std::string::npos);
}

TEST_CASE("backup: an encrypted one opens with its key file") {
  const Site site("[backup]\nencrypt = \"key\"\nkey_file = \"backup.key\"\n");
  CHECK(site.fettle({"backup", "create"}).status == 2);
  site.write("backup.key", "too short");
  CHECK(site.fettle({"backup", "create"}).err.find("head -c 32") != std::string::npos);
  site.write("backup.key", std::string(31, 'k') + '\0');
  site.sql("insert into ran values ('a')");
  const std::string name = created(site, {});
  site.sql("delete from ran");
  REQUIRE(site.fettle({"backup", "restore", name, "--yes", "--force"}).status == 0);
  CHECK(site.sql("select script from ran") == "a");
  site.write("backup.key", std::string(32, 'x'));
  CHECK(site.fettle({"backup", "verify"}).err.find("the key is not that of backup") != std::string::npos);
}

TEST_CASE("backup: nobody without the key can alter an encrypted one, or mix two of them") {
  const Site site("[backup]\nencrypt = \"key\"\nkey_file = \"backup.key\"\n");
  site.write("backup.key", std::string(32, 'k'));
  const std::string first = created(site, {});
  site.sql("insert into ran values ('later')");
  const std::string second = created(site, {});
  const std::string file = "database-main.db.zst.enc";
  const auto path = [&](const std::string& name, const std::string& of) {
    return site.path(fmt::format("backups/{}/{}", name, of));
  };
  // With a manifest that says so, and its own SHA-256 made anew: who has the disk can do that.
  const json other = json::parse(support::read_file(path(first, "manifest.json")));
  std::string manifest = support::read_file(path(second, "manifest.json"));
  const json own = json::parse(manifest);
  const auto part = [&](const json& of) {
    for (const json& each : of.at("parts"))
      if (each.at("file") == file) return each;
    return json();
  };
  const auto put = [&manifest](const std::string& from, const std::string& to) {
    const std::size_t at = manifest.find(from);
    REQUIRE(at != std::string::npos);
    manifest.replace(at, from.size(), to);
  };
  put(part(own).at("sha256"), part(other).at("sha256"));
  const std::size_t end = manifest.rfind("  \"sha256\"");
  support::write_file(site.path("body"), manifest.substr(0, end));
  const Ended sum = support::run({.command = {"sha256sum", "body"}, .directory = site.path("."), .environment = {}});
  manifest = fmt::format("{}  \"sha256\": \"{}\"\n}}\n", manifest.substr(0, end), sum.out.substr(0, 64));
  support::write_file(path(second, "manifest.json"), manifest);
  fs::copy_file(path(first, file), path(second, file), fs::copy_options::overwrite_existing);
  const Ended ended = site.fettle({"backup", "verify", second});
  CHECK(ended.status == 2);  // the tag is not that of the key
  CHECK(ended.err.find("the key is not that of backup") != std::string::npos);
  CHECK(site.fettle({"backup", "restore", second, "--yes", "--force"}).status == 2);
  CHECK(site.fettle({"backup", "verify", first}).status == 0);
}

TEST_CASE("backup: one flipped bit anywhere in an encrypted one is refused, with the key and without") {
  const Site site("[backup]\nencrypt = \"key\"\nkey_file = \"backup.key\"\n");
  site.write("backup.key", std::string(32, 'k'));
  site.write("fix-scripts/001_a.lua", support::k_good);
  const std::string name = created(site, {});
  std::mt19937 random(7);
  for (const auto& each : fs::directory_iterator(site.path("backups/" + name))) {
    const std::string whole = support::read_file(each.path()), file = each.path().filename();
    for (int round = 0; round < 12; ++round) {
      std::string altered = whole;
      altered[random() % altered.size()] ^= static_cast<char>(1U << (random() % 8));
      support::write_file(each.path(), altered);
      CAPTURE(file);
      const Ended ended = round % 2 == 0 ? site.fettle({"backup", "verify", name})
                                         : with(site, {"FETTLE_BACKUP_KEY_FILE="}, {"backup", "verify", name});
      CHECK(ended.status == 7);
      CHECK(ended.out.find(fmt::format("{}/{}:", name, file)) != std::string::npos);
    }
    support::write_file(each.path(), whole);
  }
  CHECK(site.fettle({"backup", "verify", name}).status == 0);
}

// --- servers -------------------------------------------------------------------------------------------------------

namespace {

// Servers of this file alone: their scripts' user may make databases. nullptr where they are not installed.
support::PostgresqlServer* postgresql() {
  if (support::PostgresqlServer::shared() == nullptr) return nullptr;
  static support::PostgresqlServer server;
  static const std::string done = server.ask("postgres", "ALTER ROLE fettle CREATEDB");
  return &server;
}

support::MariadbServer* mariadb() {
  if (support::MariadbServer::shared() == nullptr) return nullptr;
  static support::MariadbServer server;
  static const std::string done = server.ask("GRANT ALL ON *.* TO fettle@'127.0.0.%'");
  return &server;
}

Engine postgresql_engine() {
  if (postgresql() == nullptr) return {};
  Engine engine = support::engine_on(*postgresql());
  // As that user, who owns what it makes.
  engine.ask = [ask = engine.ask](const std::string& sql) {
    const bool is_ours = sql.starts_with("create ") || sql.starts_with("insert ") || sql.starts_with("delete ");
    return ask(is_ours ? "SET ROLE fettle; " + sql : sql);
  };
  return engine;
}

Engine mariadb_engine() {
  return mariadb() == nullptr ? Engine{} : support::engine_on(*mariadb());
}

void use_and_fill(const Site& site, const Engine& engine, const std::string& more = "") {
  support::use(site, engine, more);
  engine.ask("create table ran (script varchar(200))");
  engine.ask("create table price (id int primary key, amount decimal(10, 2))");
  engine.ask("insert into price values (1, 9.50), (2, 0.10)");
}

}  // namespace

TEST_CASE("backup: a PostgreSQL database is saved and put back, and what was there is kept") {
  const Engine engine = postgresql_engine();
  if (engine.name.empty()) return;
  support::PostgresqlServer& server = *postgresql();
  const Site site;
  use_and_fill(site, engine);
  const std::string database = engine.ask("select current_database()");
  engine.ask("create view cheap as select * from price where amount < 1");
  engine.ask(fmt::format("comment on database {} is 'the shop'", database));
  engine.ask(fmt::format("revoke all on database {} from public", database));
  engine.ask(fmt::format("alter database {} connection limit 7", database));
  engine.ask(fmt::format("alter database {} set work_mem = '5MB'", database));
  const std::string about =
      "select concat_ws(' ', datconnlimit, datacl, pg_get_userbyid(datdba), (select setconfig from "
      "pg_db_role_setting where setdatabase = d.oid)) from pg_database d where datname = current_database()";
  const std::string before = engine.ask(about);
  site.write("fix-scripts/001_a.lua", support::k_good);
  const std::string name = created(site, {});
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(engine.ask("select count(*) from ran") == "1");
  CHECK(site.fettle({"backup", "restore", name, "--yes"}).status == 2);
  const Ended ended = site.fettle({"backup", "restore", name, "--yes", "--force", "--json"});
  REQUIRE_MESSAGE(ended.status == 0, ended.err);
  CHECK(engine.ask("select count(*) from ran") == "0");
  CHECK(engine.ask("select amount from cheap") == "0.10");
  CHECK(
      engine.ask("select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()") ==
      "the shop");
  CHECK(engine.ask(about) == before);
  const std::string kept = json::parse(ended.out).at("restored").at(0).at("kept");
  const std::string kept_name = kept.substr(9, kept.find(" of the") - 9);
  CHECK(server.ask(kept_name, "select count(*) from ran") == "1");
  const Ended again = site.fettle({"backup", "restore", name, "--yes", "--json"});
  CHECK(json::parse(again.out).at("restored").at(0).at("how") == "same");
  CHECK(server.ask("postgres", "select count(*) from pg_database where datname like '%restoring%'") == "0");
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(engine.ask("select count(*) from ran") == "1");
}

TEST_CASE("backup: a PostgreSQL database that is gone is made again, and one in use is left as it is") {
  const Engine engine = postgresql_engine();
  if (engine.name.empty()) return;
  support::PostgresqlServer& server = *postgresql();
  const Site site;
  use_and_fill(site, engine);
  const std::string database = engine.ask("select current_database()");
  const std::string name = created(site, {});
  engine.ask("delete from price");
  {
    const Program other({.command = {"psql", "-h", server.folder(), "-p", fmt::format("{}", server.port()), "-U",
                                     "admin", "-d", database, "-c", "select pg_sleep(60)"},
                         .directory = site.path("."),
                         .environment = {"PGAPPNAME=a shop", std::string("PGPASSWORD=") + server.k_password}});
    REQUIRE(support::wait_until([&] {
      return server.ask("postgres", fmt::format("select count(*) from pg_stat_activity where datname = '{}' and "
                                                "application_name = 'a shop'",
                                                database)) == "1";
    }));
    const Ended ended = site.fettle({"backup", "restore", name, "--yes", "--force"});
    CHECK(ended.status == 5);
    CHECK(ended.err.find("a shop") != std::string::npos);
    CHECK(engine.ask("select count(*) from price") == "0");
    CHECK(server.ask("postgres", "select count(*) from pg_database where datname like '%restoring%'") == "0");
  }
  server.ask("postgres",
             fmt::format("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", database));
  server.ask("postgres", fmt::format("drop database {}", database));
  const Ended ended = site.fettle({"backup", "restore", name, "--yes"});
  CHECK_MESSAGE(ended.status == 0, ended.err);
  CHECK(engine.ask("select count(*) from price") == "2");
}

TEST_CASE("backup: a MariaDB database is saved, and restored beside itself") {
  const Engine engine = mariadb_engine();
  if (engine.name.empty()) return;
  support::MariadbServer& server = *mariadb();
  const Site site;
  use_and_fill(site, engine);
  engine.ask("create trigger dearer before insert on price for each row set new.amount = new.amount + 1");
  site.write("fix-scripts/001_a.lua", support::k_good);
  const std::string name = created(site, {});
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(site.fettle({"backup", "restore", name, "--yes"}).status == 2);
  const Ended ended = site.fettle({"backup", "restore", name, "--database", "main", "--yes", "--force", "--json"});
  REQUIRE_MESSAGE(ended.status == 0, ended.err);
  const json told = json::parse(ended.out).at("restored").at(0);
  CHECK(told.at("how") == "beside");
  const std::string restored = told.at("restored_as");
  CHECK(server.ask("select count(*) from ran", restored) == "0");
  CHECK(server.ask("select count(*) from price", restored) == "2");
  CHECK(server.ask("select trigger_name from information_schema.triggers where trigger_schema = database()",
                   restored) == "dearer");
  CHECK(engine.ask("select count(*) from ran") == "1");  // as it was
  const Ended shown = site.fettle({"backup", "restore", name, "--database", "main", "--yes", "--force"});
  CHECK(shown.out.find("cannot swap") != std::string::npos);
  CHECK(server.ask("select count(*) from ran", restored) == "0");  // an earlier one stays
}

TEST_CASE("backup: who may not make databases on the server is told which right is missing") {
  for (const Engine& engine : {support::postgresql_engine(), support::mariadb_engine()}) {
    if (engine.name.empty()) continue;
    CAPTURE(engine.name);
    const Site site;
    support::use(site, engine);
    const std::string name = created(site, {});
    engine.ask("create table later (n int)");
    if (engine.name == "postgresql") engine.ask("alter table later owner to fettle");
    const Ended ended = site.fettle({"backup", "restore", name, "--yes", "--force"});
    CHECK(ended.status == 6);
    CHECK(ended.err.find(engine.name == "postgresql" ? "ALTER ROLE fettle" : "GRANT ALL ON") != std::string::npos);
    CHECK(engine.ask("select count(*) from later") == "0");
  }
}

TEST_CASE("backup: a backup before a run holds, on every engine, what was there before it") {
  const Site bare;
  for (const Engine& engine : {postgresql_engine(), mariadb_engine()}) {
    if (engine.name.empty()) continue;
    CAPTURE(engine.name);
    const Site site;
    use_and_fill(site, engine, "[backup]\nbefore_run = true\n");
    site.write("fix-scripts/001_a.lua", support::k_good);
    const json report = site.fettle_json({"run", "--json"});
    CHECK(report.at("counts").at("succeeded") == 1);
    const std::string name = report.at("backup");
    CHECK(site.fettle({"backup", "verify"}).status == 0);
    REQUIRE(site.fettle({"backup", "restore", name, "--into", "out"}).status == 0);
    CHECK((site.exists("out/database-main.dump") || site.exists("out/database-main.sql")));
  }
}

TEST_CASE("backup: a server's password is on no command line, and a program that is missing is told at once") {
  for (const Engine& engine : {postgresql_engine(), mariadb_engine()}) {
    if (engine.name.empty()) continue;
    CAPTURE(engine.name);
    const Site site;
    use_and_fill(site, engine);
    fs::create_directories(site.path("bin"));
    const bool is_postgresql = engine.name == "postgresql";
    const std::string program = is_postgresql ? "pg_dump" : "mariadb-dump";
    const Ended found =
        support::run({.command = {"sh", "-c", "command -v " + program}, .directory = "/", .environment = {}});
    const std::string real = found.out.substr(0, found.out.find('\n'));
    site.write("bin/" + program, fmt::format("#!/bin/sh\ntr '\\0' ' ' < /proc/$$/cmdline > '{}'\nexec {} \"$@\"\n",
                                             site.path("line"), real));
    fs::permissions(site.path("bin/" + program), fs::perms::owner_all);
    const char* const path = std::getenv("PATH");
    created(site, {fmt::format("PATH={}:{}", site.path("bin"), path)});
    const std::string line = support::read_file(site.path("line"));
    CHECK(line.find(program) != std::string::npos);
    CHECK(line.find("w0rd") == std::string::npos);

    fs::create_directories(site.path("empty"));
    const auto without_programs = [&](std::vector<std::string> words) {
      words.insert(words.begin(), {"/usr/bin/env", "PATH=" + site.path("empty"), support::fettle_binary()});
      return support::run({.command = words, .directory = site.path("."), .environment = {}});
    };
    const Ended missing = without_programs({"backup", "create"});
    CHECK(missing.status == 2);
    CHECK(missing.err.find(program) != std::string::npos);
    CHECK(missing.err.find("--without") != std::string::npos);
    CHECK(without_programs({"backup", "create", "--without", "main"}).status == 0);
  }
}

TEST_CASE("backup: a restore over a server that is killed can be done again, and leaves nothing half done") {
  const Engine engine = postgresql_engine();
  if (engine.name.empty()) return;
  support::PostgresqlServer& server = *postgresql();
  const Site site;
  use_and_fill(site, engine);
  engine.ask("insert into price select n, n from generate_series(10, 20000) n");
  const std::string name = created(site, {});
  engine.ask("delete from price where id = 1");
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(site.fettle({"backup", "restore", name, "--yes", "--force"}).status == 0);
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::mt19937 random(11);
  for (int round = 0; round < 10; ++round) {
    engine.ask("delete from price where id = 1");
    {
      Program program(site.launch({"backup", "restore", name, "--yes", "--force"}));
      ::usleep(static_cast<useconds_t>(1e6 * whole * static_cast<double>(random() % 1000) / 1000));
      ::kill(program.pid(), SIGKILL);
      program.wait(Seconds(30));
    }
    const std::string rows = engine.ask("select count(*) from price");
    CHECK((rows == "19992" || rows == "19993"));
    // What it had started may still hold its locks and connections for a moment.
    REQUIRE(support::wait_until([&] {
      return site.fettle({"backup", "restore", name, "--yes", "--force"}).status == 0;
    }));
    CHECK(engine.ask("select count(*) from price") == "19993");
    CHECK(server.ask("postgres", "select count(*) from pg_database where datname like '%restoring%'") == "0");
  }
}

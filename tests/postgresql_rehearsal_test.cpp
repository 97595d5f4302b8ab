// `fettle run --on-copy` where a database is PostgreSQL's: the server keeps the copy, and only for as long as it is
// needed.
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "support/postgresql_server.hpp"
#include "support/site.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::PostgresqlServer;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

const std::string k_failing =
    "return { shouldRun = function() return true end, execute = function() db.exec('delete from ran') error('no luck') "
    "end }";

// A database of a role that may make others, and a folder that fixes it.
class Shop {
 public:
  explicit Shop(PostgresqlServer& server, const std::string& rights = "CREATEDB")
      : database(server.make_database()), role("copier_" + database), server_(server) {
    server.ask("postgres", fmt::format("CREATE ROLE {} LOGIN {} PASSWORD '{}'", role, rights, server.k_password));
    server.ask("postgres", fmt::format("ALTER DATABASE {} OWNER TO {}", database, role));
    server.ask("postgres", fmt::format("ALTER DATABASE {} SET search_path = app, public", database));
    server.ask(database, fmt::format("SET ROLE {}; CREATE SCHEMA app; CREATE TABLE app.ran (script text)", role));
    configure("");
  }

  std::string url() const {
    std::string url = server_.url(database);
    return url.replace(url.find("fettle:"), 7, role + ":");
  }
  void configure(const std::string& more) const {
    site.write("config.toml", fmt::format("[databases.main]\nurl = \"{}\"\n{}", url(), more));
  }
  std::string ask(const std::string& sql) const { return server_.ask(database, sql); }
  // Names of copies of all rehearsals of this ledger, which has an id once something was run.
  std::string copies() const {
    return server_.ask("postgres",
                       fmt::format("SELECT datname FROM pg_database WHERE datdba = '{}'::regrole AND datname <> '{}' "
                                   "ORDER BY datname",
                                   role, database));
  }
  // All that is in it, as an administrator would back it up.
  std::string dump() const {
    const Ended ended = support::run({.command = {"pg_dump", "-h", server_.folder(), "-p",
                                                  std::to_string(server_.port()), "-U", "admin", "-d", database},
                                      .directory = {},
                                      .environment = {std::string("PGPASSWORD=") + server_.k_password}});
    REQUIRE(ended.status == 0);
    std::istringstream lines(ended.out);
    std::string all;
    for (std::string line; std::getline(lines, line);)
      if (line.find("restrict") == std::string::npos) all += line + "\n";  // has another word in it each time
    return all;
  }
  // Another client that is connected, until it is killed.
  std::unique_ptr<Program> visitor(const std::string& sql) const {
    auto program = std::make_unique<Program>(support::Launch{
        .command = {"psql", "-X", "-q", "-h", server_.folder(), "-p", std::to_string(server_.port()), "-U", "admin",
                    "-d", database, "-c", "SET application_name = 'snoop'; " + sql + "; SELECT pg_sleep(120)"},
        .directory = {},
        .environment = {std::string("PGPASSWORD=") + server_.k_password}});
    REQUIRE(support::wait_until([&] {
      return ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'snoop' AND datname = "
                 "current_database() AND wait_event = 'PgSleep'") == "1";
    }));
    return program;
  }
  std::string folder_of_rehearsal() const {
    if (!site.exists(".fettle")) return {};
    for (const auto& each : std::filesystem::directory_iterator(site.path(".fettle")))
      if (each.path().filename().string().starts_with("rehearsal-")) return each.path();
    return {};
  }

  Site site;
  std::string database, role;

 private:
  PostgresqlServer& server_;
};

void write_three(const Site& site) {
  site.write("fix-scripts/001_applied.lua", support::k_good);
  site.write("fix-scripts/002_good.lua", support::k_good);
  site.write("fix-scripts/003_failing.lua", k_failing);
}

void check_counts(const json& report) {
  CHECK(report.at("exit_code") == 4);
  CHECK(report.at("counts").at("succeeded") == 1);
  CHECK(report.at("counts").at("failed") == 1);
  CHECK(report.at("counts").at("skipped") == 1);
}

}  // namespace

TEST_CASE("journey: a rehearsal on PostgreSQL does everything on a copy, and changes nothing else") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server);
  shop.site.write("fix-scripts/001_applied.lua", support::k_good);
  REQUIRE(shop.site.fettle({"run"}).status == 0);
  write_three(shop.site);
  const std::string before = shop.dump();
  const std::vector<std::string> files = shop.site.tree();
  const json report = shop.site.fettle_json({"run", "--on-copy", "--json"});
  check_counts(report);  // the copy has the receipts
  CHECK(report.at("copies").is_null());
  CHECK(shop.dump() == before);
  CHECK(shop.site.tree() == files);
  CHECK(shop.copies().empty());
  CHECK(shop.site.fettle({"run"}).status == 4);  // for real, the same
  CHECK(shop.ask("SELECT script FROM app.ran ORDER BY script") == "001_applied.lua\n002_good.lua");
}

TEST_CASE("journey: a rehearsal copies a PostgreSQL database that others are using, with all that belongs to it") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server);
  shop.ask(
      fmt::format("SET ROLE {}; CREATE SEQUENCE app.numbers START 7; CREATE VIEW app.seen AS SELECT * FROM app.ran; "
                  "INSERT INTO app.ran VALUES (E'\\\\. odd\\n\\ttext')",
                  shop.role));
  const auto visitor = shop.visitor("SELECT 1");
  shop.site.write("fix-scripts/001_look.lua",
                  "return { shouldRun = function() return db.value('select count(*) from seen') == 1 end, execute = "
                  "function() db.exec('delete from ran') return { executed = true, message = "
                  "tostring(db.value(\"select nextval('numbers')\")) } end }");
  shop.site.write("fix-scripts/002_failing.lua", k_failing);
  const std::string before = shop.dump();
  const json report = shop.site.fettle_json({"run", "--on-copy", "--json"});
  CHECK(report.at("scripts").at(0).at("outcome") == "succeeded");
  CHECK(report.at("scripts").at(0).at("message") == "7");
  CHECK(report.at("scripts").at(1).at("outcome") == "failed");
  CHECK(shop.dump() == before);
  CHECK(shop.copies().empty());
}

TEST_CASE("journey: without pg_dump a PostgreSQL database in use is not copied, and who uses it is told") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server);
  shop.site.write("fix-scripts/001_a.lua", support::k_good);
  const auto visitor = shop.visitor("SELECT 1");
  support::Launch launch = shop.site.launch({"run", "--on-copy"});
  launch.environment = {"PATH=/nowhere"};
  const Ended ended = support::run(launch, Seconds(60));
  CHECK(ended.status == 6);
  CHECK(ended.err.find("1 other session is connected to it (snoop)") != std::string::npos);
  CHECK(ended.err.find("install pg_dump") != std::string::npos);
  CHECK(shop.folder_of_rehearsal().empty());
  CHECK(shop.copies().empty());
}

TEST_CASE("journey: who may not make a database is told how to be let") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server, "NOCREATEDB");
  const Ended ended = shop.site.fettle({"run", "--on-copy"});
  CHECK(ended.status == 6);
  CHECK(ended.err.find(fmt::format("ALTER ROLE {} CREATEDB", shop.role)) != std::string::npos);
  CHECK(shop.folder_of_rehearsal().empty());
}

TEST_CASE("journey: a copy that pg_dump cannot make whole is not used, and not left") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server);
  shop.ask("CREATE TABLE app.secrets (word text)");  // of the administrator
  shop.site.write("fix-scripts/001_a.lua", support::k_good);
  const auto visitor = shop.visitor("SELECT 1");
  const Ended ended = shop.site.fettle({"run", "--on-copy"});
  CHECK(ended.status == 6);
  CHECK(ended.err.find("secrets") != std::string::npos);
  CHECK(ended.err.find("p@ss") == std::string::npos);
  CHECK(ended.err.find("p%40ss") == std::string::npos);
  CHECK(shop.copies().empty());
  CHECK(shop.site.exists("fix-scripts/001_a.lua"));
}

TEST_CASE("journey: a copy on a PostgreSQL server is kept when asked, for as long as its folder") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server);
  shop.site.sql("create table ran (script text)", "files.db");
  shop.configure("[databases.files]\nurl = \"sqlite:files.db\"\n");
  shop.site.write("fix-scripts/001_a.lua", support::k_good);
  shop.site.write("fix-scripts/002_b.lua",
                  "return { database = 'files', " + support::k_good.substr(support::k_good.find('{') + 1));
  const json report = shop.site.fettle_json({"run", "--on-copy", "--keep", "--json"});
  CHECK(report.at("counts").at("succeeded") == 2);
  const std::string folder = report.at("copies"), copy = report.at("copies_on_servers").at("main");
  CHECK(report.at("copies_on_servers").size() == 1);
  CHECK(shop.copies() == copy);
  CHECK(server->ask(copy, "SELECT script FROM app.ran") == "001_a.lua");
  CHECK(shop.ask("SELECT count(*) FROM app.ran") == "0");
  CHECK(shop.site.sql("select script from ran", folder + "/database-2.db") == "002_b.lua");
  CHECK(shop.site.fettle_json({"-C", folder, "history", "--json"}).size() == 2);
  const std::string config = support::read_file(folder + "/config.toml");
  CHECK(config.find(copy) != std::string::npos);
  CHECK(config.find("p%40ss") == std::string::npos);
  CHECK(shop.site.fettle({"run", "--on-copy"}).status == 0);
  CHECK(shop.copies() == copy);
  std::filesystem::remove_all(folder);
  CHECK(shop.site.fettle({"run", "--on-copy"}).status == 0);
  CHECK(shop.copies().empty());
}

TEST_CASE("journey: the copy that a killed rehearsal has left on a PostgreSQL server is dropped by a later one") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server);
  shop.site.write("fix-scripts/001_a.lua", support::k_endless);
  Program rehearsal(shop.site.launch({"run", "--on-copy"}));
  REQUIRE(support::wait_until([&] {
    const std::string folder = shop.folder_of_rehearsal();
    return !folder.empty() && std::filesystem::exists(folder + "/fix-scripts/001_a.lua");
  }));
  const std::string left = shop.copies(), folder = shop.folder_of_rehearsal();
  REQUIRE(!left.empty());
  const timespec old[2] = {{0, 0}, {0, 0}};
  REQUIRE(::utimensat(AT_FDCWD, folder.c_str(), old, 0) == 0);
  shop.site.write("fix-scripts/001_a.lua", support::k_good);
  CHECK(shop.site.fettle({"run", "--on-copy"}).status == 0);
  CHECK(shop.copies() == left);  // it is at work
  rehearsal.signal(SIGKILL);
  rehearsal.wait(Seconds(30));
  CHECK(support::wait_until([&] {
    ::utimensat(AT_FDCWD, folder.c_str(), old, 0);
    return shop.site.fettle({"run", "--on-copy"}).status == 0 && shop.copies().empty();
  }));
}

TEST_CASE("journey: a signal while the databases are being copied leaves no copy, in a file or on a server") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const Shop shop(*server);
  shop.site.sql("create table ran (script text)", "files.db");
  // What is named first is copied first; "main" is always first.
  shop.site.write("config.toml",
                  fmt::format("[databases.a]\nurl = \"sqlite:files.db\"\n[databases.b]\nurl = \"{}\"\n", shop.url()));
  shop.site.write("fix-scripts/001_a.lua", support::k_good);
  const auto visitor = shop.visitor("BEGIN; LOCK TABLE app.ran");
  for (const int signal : {SIGINT, SIGTERM}) {
    Program rehearsal(shop.site.launch({"run", "--on-copy"}));
    REQUIRE(support::wait_until([&] { return !shop.copies().empty(); }));
    CHECK(std::filesystem::exists(shop.folder_of_rehearsal() + "/database-1.db"));
    rehearsal.signal(signal);
    CHECK(rehearsal.wait(Seconds(60)).status == 128 + signal);
    CHECK(shop.copies().empty());
    CHECK(shop.folder_of_rehearsal().empty());
  }
  CHECK(shop.site.exists("fix-scripts/001_a.lua"));
}

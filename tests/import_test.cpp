// Other tools' histories brought into the ledger by the built program: recognised by their columns, understood as each
// tool means them, kept once, and then obeyed by a run.
#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <random>
#include <string>
#include <thread>

#include "exchange/histories.hpp"
#include "support/engine.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::ForeignHistory;
using support::Program;
using support::Site;

namespace {

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 1500));
  return found;
}

json import(const Site& site, std::vector<std::string> arguments, int status = 0) {
  arguments.insert(arguments.begin(), "import");
  arguments.insert(arguments.end(), {"--yes", "--json"});
  const Ended ended = site.fettle(arguments);
  CAPTURE(ended.out);
  CAPTURE(ended.err);
  CHECK(ended.status == status);
  return json::parse(ended.out, nullptr, false);
}

std::string facts_in(const Site& site) {
  std::string text;
  json rows = site.fettle_json({"history", "--imported", "--limit", "0", "--json"});
  std::reverse(rows.begin(), rows.end());
  for (const json& row : rows) {
    std::string at = row.at("at").is_null() ? "-" : row.at("at").get<std::string>().substr(0, 19);
    std::replace(at.begin(), at.end(), 'T', ' ');
    text += fmt::format("{}|{}|{}|{}|{}\n", row.at("name").get<std::string>(), row.at("script").get<std::string>(),
                        row.at("state").get<std::string>(), at,
                        row.at("note").is_null() ? "" : row.at("note").get<std::string>());
  }
  return text;
}

void check_verified(const Site& site) {
  const Ended ended = site.fettle({"ledger", "verify"});
  CHECK_MESSAGE(ended.status == 0, ended.out, ended.err);
}

const ForeignHistory& history_of(const std::string& tool) {
  for (const ForeignHistory& each : support::foreign_histories())
    if (each.tool == tool) return each;
  FAIL("no history of ", tool);
  return support::foreign_histories().front();
}

// What a run does with the copies of two scripts, the second of which the tool knows as not applied.
void check_run(const Site& site, const ForeignHistory& history) {
  if (history.applied.empty()) return;
  site.write("fix-scripts/" + history.applied + ".lua", support::k_good);
  if (!history.open.empty()) site.write("fix-scripts/" + history.open + ".lua", support::k_good);
  CHECK(has(site.fettle({"plan"}).out, "imported from " + history.tool));
  const json run = site.fettle_json({"run", "--json"});
  CHECK(run.at("counts").at("skipped") == 1);
  CHECK(run.at("counts").at("succeeded") == (history.open.empty() ? 0 : 1));
  for (const json& script : run.at("scripts")) {
    if (script.at("script") != history.applied + ".lua") continue;
    CHECK(script.at("outcome") == "skipped");
    CHECK(has(script.at("reason"), "imported from " + history.tool));
    CHECK(script.at("moved_to") == "successfully-ran/" + history.applied + ".lua");
  }
  CHECK(site.sql("select group_concat(script) from ran") == (history.open.empty() ? "" : history.open + ".lua"));
}

}  // namespace

TEST_CASE("the history of every tool is recognised by its columns, brought once, and obeyed by the next run") {
  for (const ForeignHistory& history : support::foreign_histories()) {
    CAPTURE(history.tool);
    const Site site;
    site.sql(history.sql, "old.db");
    const std::string before = support::read_file(site.path("old.db"));
    const bool by_itself = !history.facts.empty();
    json report = import(site, {by_itself ? "auto" : history.tool, "--from", "old.db"});
    CHECK(report.at("tool") == history.tool);
    CHECK(report.at("table") == history.table);
    CHECK(report.at("recognised") == by_itself);
    CHECK(report.at("counts").at("skipped") == history.skipped);
    CHECK(report.at("counts").at("failed") == 0);
    if (by_itself) CHECK(facts_in(site) == history.facts);
    const std::int64_t facts = report.at("counts").at("imported");
    CHECK(facts > 0);
    report = import(site, {history.tool, "--from", "old.db"});
    CHECK(report.at("counts").at("imported") == 0);
    CHECK(report.at("counts").at("already") == facts);
    CHECK(report.at("import").is_null());
    CHECK(support::read_file(site.path("old.db")) == before);
    check_run(site, history);
    check_verified(site);
  }
}

TEST_CASE(
    "a table under another name is recognised all the same, and one that could be of several tools is not guessed") {
  const Site site;
  site.sql(
      "create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values "
      "('20240101')",
      "old.db");
  Ended ended = site.fettle({"import", "auto", "--from", "old.db", "--yes"});
  CHECK(ended.status == 2);
  CHECK(has(ended.err, "fettle import dbmate --from old.db --table schema_migrations"));
  CHECK(has(ended.err, "fettle import rails --from old.db --table schema_migrations"));
  CHECK_FALSE(site.exists(".fettle/ledger.db"));
  site.sql(
      "create table renamed (id integer primary key, name text, batch integer, migration_time text); insert into "
      "renamed "
      "values (1, 'a.js', 1, '2024-01-01')",
      "knex.db");
  CHECK(import(site, {"auto", "--from", "knex.db"}).at("table") == "renamed");
  site.sql("create table other as select * from renamed", "knex.db");
  ended = site.fettle({"import", "auto", "--from", "knex.db", "--yes"});
  CHECK(ended.status == 2);
  CHECK(has(ended.err, "--table other"));
  CHECK(has(ended.err, "--table renamed"));
  CHECK(import(site, {"knex", "--from", "knex.db", "--table", "other"}).at("counts").at("imported") == 1);
  site.sql("create table empty (a)", "none.db");
  ended = site.fettle({"import", "auto", "--from", "none.db", "--yes"});
  CHECK(ended.status == 2);
  CHECK(has(ended.err, "empty (a)"));
  ended = site.fettle({"import", "flyway", "--from", "knex.db", "--yes"});
  CHECK(ended.status == 2);
  CHECK(has(ended.err, "installed_rank"));
  ended = site.fettle({"import", "knexx", "--from", "knex.db", "--yes"});
  CHECK(has(ended.err, "did you mean knex?"));
}

TEST_CASE("a dry run checks every row, says what would not run any more, and writes nothing") {
  const Site site;
  site.sql(history_of("knex").sql, "old.db");
  site.write("fix-scripts/20240101_a.lua", support::k_good);
  site.write("fix-scripts/20240109_z.lua", support::k_good);
  const auto before = site.tree();
  const json report = site.fettle_json({"import", "auto", "--from", "old.db", "--dry-run", "--json"});
  CHECK(report.at("counts").at("imported") == 2);
  CHECK(report.at("would_skip") == json({"20240101_a.lua"}));
  CHECK(report.at("would_run") == json({"20240109_z.lua"}));
  CHECK(site.tree() == before);
  site.sql("insert into knex_migrations (name, batch, migration_time) values ('c.js', 3, 'yesterday'), (NULL, 3, NULL)",
           "old.db");
  const Ended bad = site.fettle({"import", "auto", "--from", "old.db", "--dry-run"});
  CHECK(bad.status == 7);
  CHECK(has(bad.out, "its time cannot be understood"));
  CHECK(has(bad.out, "it has no name"));
  CHECK(site.tree() == before);
}

TEST_CASE("a row that is not understood leaves nothing written, unless it is to be left out") {
  const Site site;
  site.sql(
      history_of("knex").sql + "insert into knex_migrations (name, batch, migration_time) values ('c.js', 3, 'soon')",
      "old.db");
  json report = import(site, {"knex", "--from", "old.db"}, 7);
  CHECK(report.at("import").is_null());
  CHECK(report.at("failed").at(0).at("key") == "3");
  CHECK(facts_in(site).empty());
  CHECK(site.sql("select count(*) from imports", ".fettle/ledger.db") == "0");
  report = import(site, {"knex", "--from", "old.db", "--keep-going", "--reason", "ticket 4711", "--by", "anna"}, 7);
  CHECK(report.at("counts") == json({{"rows", 3}, {"imported", 2}, {"already", 0}, {"skipped", 0}, {"failed", 1}}));
  CHECK(site.sql("select by, reason, rows, imported, failed from imports", ".fettle/ledger.db") ==
        "anna|ticket 4711|3|2|1");
  check_verified(site);
}

TEST_CASE("who cannot be asked has to say --yes") {
  const Site site;
  site.sql(history_of("knex").sql, "old.db");
  const Ended ended = site.fettle({"import", "auto", "--from", "old.db"});
  CHECK(ended.status == 2);
  CHECK(has(ended.err, "--yes"));
  CHECK_FALSE(site.exists(".fettle/ledger.db"));
}

TEST_CASE("what changes in the source is brought by the next import, and the newest state counts") {
  const Site site;
  site.sql(history_of("flyway").sql, "old.db");
  import(site, {"auto", "--from", "old.db"});
  site.write("fix-scripts/V2__bad.lua", support::k_good);
  CHECK(has(site.fettle({"plan"}).out, "imported from flyway: failed"));
  site.sql("update flyway_schema_history set success = 1 where version = '2'", "old.db");
  json report = import(site, {"auto", "--from", "old.db"});
  CHECK(report.at("counts").at("imported") == 1);
  CHECK(report.at("states") == json({{"applied", 1}}));
  CHECK(site.fettle_json({"run", "--json"}).at("counts").at("skipped") == 1);
  check_verified(site);
}

TEST_CASE("a forced run runs what was imported, and what it comes to counts from then on") {
  const Site site;
  site.sql(history_of("knex").sql, "old.db");
  import(site, {"auto", "--from", "old.db"});
  site.write("fix-scripts/20240101_a.lua", support::k_good);
  CHECK(site.fettle_json({"run", "--json", "--force", "20240101_a"}).at("counts").at("succeeded") == 1);
  CHECK(site.sql("select script from ran") == "20240101_a.lua");
  site.write("fix-scripts/20240101_a.lua", support::k_good);
  CHECK(has(site.fettle({"plan"}).out, "already applied in attempt 1"));
  site.write("fix-scripts/20240102_b.lua", support::k_good);
  CHECK(site.fettle({"mark", "20240102_b", "pending", "--reason", "it was lost"}).status == 0);
  CHECK_FALSE(site.fettle({"plan"}).out.find("20240102_b.lua  imported") != std::string::npos);
  CHECK(site.fettle_json({"run", "--json"}).at("counts").at("succeeded") == 1);
}

TEST_CASE("names that differ are mapped by a file, and what it names in vain is told") {
  const Site site;
  site.sql(history_of("knex").sql, "old.db");
  site.write("names", "# old = new\n20240101_a = 007_first.lua\n20240102_b = 008_second\nlost.js = 9\n");
  site.write("fix-scripts/007_first.lua", support::k_good);
  site.write("fix-scripts/008_second.lua", support::k_good);
  site.write("fix-scripts/20240101_a.lua", support::k_good);
  const json report = import(site, {"auto", "--from", "old.db", "--map-names", "names"});
  CHECK(report.at("unused_names") == json({"lost.js"}));
  const json run = site.fettle_json({"run", "--json"});
  CHECK(run.at("counts").at("skipped") == 2);
  CHECK(site.sql("select script from ran") == "20240101_a.lua");
  site.write("bad", "x\n");
  CHECK(has(site.fettle({"import", "auto", "--from", "old.db", "--map-names", "bad", "--yes"}).err, "bad:1"));
}

TEST_CASE("a checksum that a tool keeps of a file's bytes is compared, and a difference is a warning") {
  const Site site;
  const std::string text = "SELECT 1;\nSELECT 2;\n";  // published vectors of Flyway, Sqitch and Prisma
  site.sql(history_of("flyway").sql, "flyway.db");
  site.sql(history_of("sqitch").sql, "sqitch.db");
  site.sql(history_of("prisma").sql, "prisma.db");
  for (const std::string tool : {"flyway", "sqitch", "prisma"}) import(site, {tool, "--from", tool + ".db"});
  site.write("fix-scripts/V1__init.lua", "\xEF\xBB\xBFSELECT 1;\r\nSELECT 2;");
  site.write("fix-scripts/appschema.lua", text);
  site.write("fix-scripts/20240101_init.lua", "SELECT 1;\r\nSELECT 2;\r\n");
  site.write("fix-scripts/V3__gone.lua", text);
  const json run = site.fettle_json({"run", "--json"});
  CHECK(run.at("counts").at("skipped") == 4);
  for (const json& script : run.at("scripts")) {
    CAPTURE(script.at("script").get<std::string>());
    const bool differs = script.at("script") == "V3__gone.lua";
    CHECK(script.at("warnings").size() == (differs ? 1 : 0));
    if (differs) CHECK(has(script.at("warnings").at(0), "checksum -1665099012 in place of 8"));
  }
}

TEST_CASE("what depends on an imported script may run") {
  const Site site;
  site.sql(history_of("knex").sql, "old.db");
  site.write("fix-scripts/030_x.lua",
             "return { depends = {'20240101_a'}, shouldRun = function() return true end, execute = function() "
             "db.exec(\"insert into ran values ('x')\") return { executed = true } end }");
  CHECK(site.fettle_json({"run", "--json"}).at("counts").at("blocked") == 1);
  import(site, {"auto", "--from", "old.db"});
  CHECK(site.fettle_json({"run", "--json"}).at("counts").at("succeeded") == 1);
}

TEST_CASE("the folders of golang-migrate and Alembic tell what their tables do not") {
  const Site site;
  site.sql("create table schema_migrations (version uint64, dirty bool); insert into schema_migrations values (3, 1)",
           "go.db");
  std::filesystem::create_directories(site.path("migrations"));
  for (const char* file :
       {"000001_a.up.sql", "000001_a.down.sql", "000002_b.up.sql", "000003_c.up.sql", "000004_d.up.sql"})
    site.write(std::string("migrations/") + file, "");
  import(site, {"auto", "--from", "go.db", "--files", "migrations"});
  CHECK(facts_in(site) ==
        "000001_a.up.sql|000001_a|applied|-|\n000002_b.up.sql|000002_b|applied|-|\n"
        "000003_c.up.sql|000003_c|failed|-|dirty: it failed, or was cut off\n");
  const Site other;
  other.sql(
      "create table alembic_version (version_num varchar(32) not null); insert into alembic_version values ('dd')",
      "py.db");
  std::filesystem::create_directories(other.path("versions"));
  other.write("versions/aa_first.py",
              "\"\"\"first\n\nRevision ID: aa\n\"\"\"\nrevision = 'aa'\ndown_revision = None\n");
  other.write("versions/bb_left.py", "revision: str = 'bb'\ndown_revision: Union[str, None] = 'aa'\n");
  other.write("versions/cc_right.py", "revision = \"cc\"\ndown_revision = \"aa\"\n");
  other.write("versions/dd_both.py", "revision = 'dd'\ndown_revision = (\n  'bb',\n  'cc',\n)\n");
  other.write("versions/ee_later.py", "revision = 'ee'\ndown_revision = 'dd'\n");
  import(other, {"auto", "--from", "py.db", "--files", "versions"});
  CHECK(facts_in(other) ==
        "aa_first.py|aa_first|applied|-|\ncc_right.py|cc_right|applied|-|\nbb_left.py|bb_left|applied|-|\n"
        "dd_both.py|dd_both|applied|-|\n");
  std::filesystem::remove(other.path("versions/aa_first.py"));
  const json report = import(other, {"alembic", "--from", "py.db", "--files", "versions"}, 7);
  CHECK(report.at("failed").at(0).at("key") == "aa");
}

TEST_CASE("histories in files and folders are read") {
  const Site site;
  for (const char* folder : {"app/.migrations", "fixes/successfully-ran", "fixes/failed"})
    std::filesystem::create_directories(site.path(folder));
  site.write("umzug.json", "[\n  \"001-a.js\",\n  \"002-b.ts\"\n]");
  CHECK(import(site, {"auto", "--from", "umzug.json"}).at("tool") == "umzug");
  site.write("dump.json",
             "{\"migration:003-c:completed\": \"true\", \"migration:003-c:result\": \"{\\\"rows\\\": 3}\", "
             "\"migration:004-d:error\": \"boom\", \"session:1\": \"x\"}");
  json report = import(site, {"auto", "--from", "dump.json"});
  CHECK(report.at("tool") == "md-oss");
  CHECK(report.at("skipped") == json({{"a key of something else", 1}}));
  site.write("app/.migrations/005-e.done", "{\"ok\": true}");
  site.write("app/.migrations/006-f.error", "boom");
  CHECK(import(site, {"auto", "--from", "app"}).at("tool") == "md-oss");
  site.write("fixes/successfully-ran/007_g.php", "<?php");
  site.write("fixes/failed/008_h.php", "<?php");
  CHECK(import(site, {"auto", "--from", "fixes"}).at("tool") == "vantapress");
  CHECK(facts_in(site) ==
        "001-a.js|001-a|applied|-|\n002-b.ts|002-b|applied|-|\n003-c|003-c|applied|-|\n004-d|004-d|failed|-|boom\n"
        "005-e|005-e|applied|-|\n006-f|006-f|failed|-|boom\n"
        "007_g.php|007_g|applied|-|VantaPress files a failure that the script handled here, too\n"
        "008_h.php|008_h|failed|-|\n");
  site.write("broken.json", "[\"a\"");
  CHECK(site.fettle({"import", "umzug", "--from", "broken.json", "--yes"}).status == 2);
  CHECK(site.fettle({"import", "auto", "--from", "broken.json", "--yes"}).status == 2);
}

TEST_CASE("another ledger of fettle's tells what was applied, marked, rolled back and failed") {
  const Site old;
  old.write("fix-scripts/1_a.lua", support::k_good);
  old.write("fix-scripts/2_b.lua",
            "return { shouldRun = function() return true end, execute = function() error('no') end }");
  old.write("fix-scripts/3_c.lua",
            "return { shouldRun = function() return true end, execute = function() return { executed = true } end, "
            "rollback = function() return { executed = true } end }");
  old.write("fix-scripts/4_d.lua", support::k_good);
  old.fettle({"run"});
  CHECK(old.fettle({"rollback", "3_c", "--yes"}).status == 0);
  CHECK(old.fettle({"mark", "4_d", "pending", "--reason", "x"}).status == 0);
  const Site site;
  const json report = import(site, {"auto", "--from", old.path(".fettle/ledger.db")});
  CHECK(report.at("tool") == "fettle");
  for (const char* script : {"1_a", "2_b", "3_c", "4_d"})
    site.write(std::string("fix-scripts/") + script + ".lua", support::k_good);
  const json run = site.fettle_json({"run", "--json"});
  CHECK(run.at("counts").at("skipped") == 1);
  CHECK(run.at("counts").at("succeeded") == 3);
  CHECK(site.fettle({"import", "fettle", "--from", ".fettle/ledger.db", "--yes"}).status != 0);
}

TEST_CASE("show and history tell what was imported") {
  const Site site;
  site.sql(history_of("prisma").sql, "old.db");
  import(site, {"auto", "--from", "old.db"});
  const Ended shown = site.fettle({"show", "20240103_twice"});
  CHECK(shown.status == 0);
  CHECK(has(shown.out, "rolled_back"));
  CHECK(has(shown.out, "applied"));
  CHECK(site.fettle_json({"show", "20240103_twice", "--json"}).size() == 2);
  CHECK(site.fettle_json({"history", "--imported", "--script", "20240101_init", "--json"}).size() == 1);
  CHECK(has(site.fettle({"history", "--imported"}).out, "20240104_said"));
  const json info = site.fettle_json({"ledger", "info", "--json"});
  CHECK(info.at("imports") == 1);
  CHECK(info.at("imported") == 5);
}

TEST_CASE("a tool that is at work is not imported from") {
  const Site site;
  site.sql(history_of("knex").sql + "update knex_migrations_lock set is_locked = 1", "knex.db");
  site.sql(history_of("liquibase").sql + "update DATABASECHANGELOGLOCK set LOCKED = 1", "liquibase.db");
  for (const std::string tool : {"knex", "liquibase"}) {
    const Ended ended = site.fettle({"import", tool, "--from", tool + ".db", "--yes"});
    CHECK(ended.status == 2);
    CHECK(has(ended.err, "holds its lock"));
  }
}

TEST_CASE("a source in WAL mode is read without leaving anything beside it, and one that is not there is not made") {
  const Site site;
  site.sql("pragma journal_mode = wal;" + history_of("knex").sql, "old.db");
  const auto before = site.tree();
  CHECK(site.fettle_json({"import", "auto", "--from", "sqlite:old.db", "--dry-run", "--json"})
            .at("counts")
            .at("imported") == 2);
  CHECK(site.tree() == before);
  CHECK(site.fettle({"import", "auto", "--from", "sqlite:gone.db?mode=rwc", "--dry-run"}).status != 0);
  CHECK(site.fettle({"import", "auto", "--from", "gone.db", "--dry-run"}).status == 2);
  CHECK(site.tree() == before);
}

TEST_CASE("what is imported cannot be changed by accident, and verify finds whoever means to") {
  const Site site;
  site.sql(history_of("knex").sql, "old.db");
  import(site, {"auto", "--from", "old.db"});
  const std::string ledger = site.path(".fettle/ledger.db");
  for (const char* sql :
       {"update imported set state = 'failed'", "delete from imported", "update imports set by = 'x'",
        "delete from imports",
        "insert into imported (import, origin, key, name, stem, state) values (1, 1, 'k', 'n', 's', 'applied')"}) {
    const Ended ended =
        support::run({.command = {"sqlite3", "-bail", ledger, sql}, .directory = site.path(""), .environment = {}});
    CHECK_MESSAGE(ended.status != 0, sql);
  }
  check_verified(site);
  const std::string drop =
      "drop trigger imported_are_final; drop trigger imported_are_kept; drop trigger imported_are_in_time; ";
  SUBCASE("a fact is changed") {
    site.sql(drop + "update imported set stem = 'x' where id = 2", ledger);
  }
  SUBCASE("a fact is removed") {
    site.sql(drop + "delete from imported where id = 1", ledger);
  }
  SUBCASE("a fact is added") {
    site.sql(
        drop + "insert into imported (import, origin, key, name, stem, state) values (1, 1, 'k', 'n', 's', 'applied')",
        ledger);
  }
  const Ended ended = site.fettle({"ledger", "verify"});
  CHECK(ended.status == 7);
  CHECK((ended.out.find("import 1") != std::string::npos || ended.out.find("imported fact 3") != std::string::npos));
}

TEST_CASE("a ledger of version 5 keeps all it has, and takes imports from then on") {
  const Site site;
  site.write("fix-scripts/1_a.lua", support::k_good);
  CHECK(site.fettle({"run"}).status == 0);
  const std::string head = site.fettle({"ledger", "verify", "--head"}).out;
  site.sql("drop table imported; drop table imports; pragma user_version = 5", site.path(".fettle/ledger.db"));
  CHECK(has(site.fettle({"history"}).err, "schema 5, too old"));
  site.sql(history_of("knex").sql, "old.db");
  CHECK(import(site, {"auto", "--from", "old.db"}).at("counts").at("imported") == 2);
  CHECK(site.fettle_json({"history", "--json"}).size() == 1);
  CHECK(site.fettle({"ledger", "verify", "--expect", head.substr(0, head.find('\n'))}).status == 0);
}

TEST_CASE("names that are hostile are kept as they are, and do no harm where they are shown") {
  const Site site;
  site.sql(
      "create table knex_migrations (id integer primary key, name text, batch integer, migration_time text); insert "
      "into "
      "knex_migrations values (1, 'a' || char(27) || '[31m.js', 1, NULL), (2, cast(x'62ff' as text), 1, NULL), (3, "
      "'sub/', 1, NULL), (4, '../../etc/x.js', 1, NULL), (5, char(10) || 'y', 1, NULL)",
      "old.db");
  const json report = import(site, {"auto", "--from", "old.db", "--keep-going"}, 7);
  CHECK(report.at("counts").at("imported") == 4);
  CHECK(report.at("failed").at(0).at("key") == "3");
  const std::string shown = site.fettle({"history", "--imported"}).out;
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(site.sql("select hex(name) from imported where key = '2'", site.path(".fettle/ledger.db")) == "62FF");
  site.write("fix-scripts/x.lua", support::k_good);
  CHECK(site.fettle_json({"run", "--json"}).at("counts").at("skipped") == 1);
  check_verified(site);
}

TEST_CASE("show takes a number for an attempt, where there is one") {
  const Site site;
  site.write("fix-scripts/z.lua", support::k_good);
  CHECK(site.fettle({"run"}).status == 0);
  site.sql(history_of("goose").sql, "old.db");
  import(site, {"auto", "--from", "old.db"});
  CHECK(has(site.fettle({"show", "1"}).out, "z.lua"));
  CHECK(has(site.fettle({"show", "3"}).out, "goose"));
}

TEST_CASE("imports go with the ledger to other places and come back the same") {
  const Site site;
  site.sql(history_of("flyway").sql, "old.db");
  import(site, {"auto", "--from", "old.db"});
  CHECK(site.fettle({"ledger", "export", "--to", "jsonl:out.jsonl"}).status == 0);
  std::filesystem::rename(site.path(".fettle"), site.path("away"));
  CHECK(site.fettle({"ledger", "import", "--from", "jsonl:out.jsonl"}).status == 0);
  CHECK(facts_in(site) == history_of("flyway").facts);
  check_verified(site);
}

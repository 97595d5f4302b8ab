// The ledger taken to other places and back, by the built program and with a real PostgreSQL server: the same to the
// last bit, or refused; and whole or not there, whenever somebody is killed.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <string>
#include <thread>

#include "base/text.hpp"
#include "core/message.hpp"
#include "ledger/ledger_fixture.hpp"
#include "support/engine.hpp"
#include "support/in_memory.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::Program;
using support::Site;

namespace {

// With all that a ledger can hold: texts that are no UTF-8, images, previews, events, what failed.
void fill(const Site& site, int attempts) {
  ledger::Ledger ledger = ledger::Ledger::open(site.path(".fettle/ledger.db"));
  const int runs = std::max(attempts / 100, 1);
  for (int run = 0; run < runs; ++run) {
    const std::int64_t id = ledger.begin_run(support::run_of("anna"));
    for (int number = 0; number < attempts / runs; ++number) {
      const core::Script script = support::script_of(fmt::format("{:05}_x.lua", run * 100 + number),
                                                     fmt::format("-- text {} \xff\\x41", run * 100 + number % 7));
      ledger::Finished finished =
          support::ended(number % 9 == 0 ? core::OutcomeKind::failed : core::OutcomeKind::succeeded);
      finished.outcome.message = number % 5 == 0 ? "\\x4142" : "żółć \xc3";
      finished.outcome.error = number % 9 == 0 ? std::string("no\0such", 7) : "";
      finished.database = "main";
      finished.lines = {{{1700}, core::LineLevel::warn, "a \"line\",\r\nand another"}};
      finished.details.tags = number % 3 == 0 ? "[\"nightly\"]" : "";
      if (number % 10 == 0) {
        core::TableChanges table;
        table.table = "users";
        table.columns = {"id", "name"};
        table.updated = 1;
        finished.changes.changes.tables.push_back(table);
        finished.changes.rows.push_back(encode(core::ChangedRows{
            {{core::RowChange::Kind::updated, 0, {std::int64_t{1}, std::string("a\0b", 3)}, {std::int64_t{1}, "c"}}}}));
      }
      support::LedgerFixture::attempt(ledger, id, script, finished);
    }
    ledger.end_run(id, {{3000}, attempts / runs, 4});
  }
  ledger.record({.verb = "retry", .script = "1.lua", .by = "ben", .host = "h", .reason = "", .detail = "", .at = {1}});
  ledger::Previewed found{"p.lua", std::string(64, 'a'), {}, "main", std::chrono::microseconds(5), 1, 2, {}};
  ledger.record_preview({support::run_of("cy"), {{4000}, 1, 0}, {found}});
}

std::string head(const Site& site) {
  const Ended ended = site.fettle({"ledger", "verify", "--head"});
  CHECK(ended.status == 0);
  return ended.out;
}

json copied(const Site& site, const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"ledger"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.emplace_back("--json");
  const Ended ended = site.fettle(all);
  CAPTURE(ended.err);
  REQUIRE(ended.status == 0);
  return json::parse(ended.out);
}

// With its head: what is verified without the folders, which are elsewhere.
void check_whole(const Site& site, const std::string& expected) {
  const json verified =
      json::parse(site.fettle({"ledger", "verify", "--json", "--expect", std::string(base::trim(expected))}).out);
  for (const json& finding : verified.at("findings")) CHECK(finding.at("kind") == "misfiled");
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 900));
  return found;
}

}  // namespace

TEST_CASE("journey: a ledger goes to PostgreSQL, to JSON and back, the same to the last bit") {
  const support::Engine server = support::postgresql_engine();
  if (server.name.empty()) return support::skip("PostgreSQL is not installed");
  const support::InMemory in_memory;
  const Site site;
  const Site other;
  const char* const wish = std::getenv("FETTLE_LEDGER_ATTEMPTS");
  fill(site, wish != nullptr ? std::atoi(wish) : 1'000);
  const std::string before = head(site);
  const json to_server = copied(site, {"migrate", "--to", server.url});
  CHECK(server.ask("select count(*) from fettle_ledger.attempts") ==
        std::to_string(to_server.at("tables").at("attempts").get<int>()));
  CHECK(to_server.dump().find("p%40ss") == std::string::npos);  // no secret is told
  const json to_runs = copied(other, {"migrate", "--from", server.url, "--to", "json-runs:" + other.path("runs")});
  const json to_file = copied(
      other, {"migrate", "--from", "json-runs:" + other.path("runs"), "--to", "jsonl:" + other.path("one.jsonl")});
  const json back = copied(other, {"import", "--from", "jsonl:" + other.path("one.jsonl")});
  for (const json& each : {to_runs, to_file, back}) {
    CHECK(each.at("sha256") == to_server.at("sha256"));
    CHECK(each.at("tables") == to_server.at("tables"));
  }
  CHECK(head(other) == before);
  check_whole(other, before);
  CHECK(other.exists("runs/run-000001.jsonl"));
  CHECK(other.fettle_json({"history", "--json", "--limit", "5"}) ==
        site.fettle_json({"history", "--json", "--limit", "5"}));

  // A place that is taken is refused, and stays as it is.
  for (const std::string& place : {server.url, "jsonl:" + other.path("one.jsonl"), "json-runs:" + other.path("runs"),
                                   "sqlite:" + other.path(".fettle/ledger.db")}) {
    const Ended ended = site.fettle({"ledger", "migrate", "--to", place});
    CHECK(ended.status == 2);
    CHECK(has(ended.err, "is not empty"));
  }
  CHECK(copied(other, {"migrate", "--from", server.url, "--to", "sqlite:" + other.path("again.db")}).at("sha256") ==
        to_server.at("sha256"));
}

TEST_CASE("journey: what was changed, cut off or is no ledger is not brought back, and nothing is left of it") {
  const support::InMemory in_memory;
  const Site site;
  fill(site, 20);
  copied(site, {"export", "--to", "jsonl:" + site.path("whole.jsonl")});
  const std::string whole = support::read_file(site.path("whole.jsonl"));
  std::vector<std::pair<std::string, std::string>> wrong = {
      {whole.substr(0, whole.rfind("{\"end\"")), "its last line is missing"},
      {whole.substr(0, whole.size() / 2), ""},
      {whole + whole.substr(whole.find('\n') + 1), "there is more behind its end"},
      {"", "its last line is missing"},
      {"{\"a\": 1}\n", "this is no line of a ledger"},
      {"{\"fettle_ledger\": {\"format\": 1, \"schema\": 99}}\n", "it is of schema 99"},
  };
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    return text.replace(text.find(from), from.size(), to);
  };
  wrong.emplace_back(replaced("\"by\": \"anna\"", "\"by\": \"eve\""), "is damaged or was changed");
  wrong.emplace_back(replaced("\"host\"", "\"hostess\""), "has no column hostess");
  wrong.emplace_back(replaced("{\"events\"", "{\"ladders\""), "has no table ladders");
  wrong.emplace_back(replaced("\"pid\": 411", "\"pid\": \"x\""), "pid is not what this column holds");
  wrong.emplace_back(replaced("\"zstd\": \"\\\\x28", "\"zstd\": \"28"), "zstd is not what this column holds");
  wrong.emplace_back(replaced("\"outcome\": \"succeeded\"", "\"outcome\": \"wonderful\""), "this is no whole ledger");
  const std::string run = whole.substr(whole.find("{\"runs\""));
  wrong.emplace_back(replaced(run.substr(0, run.find('\n') + 1), ""), "belongs to one of runs that is");
  const Site other;
  for (const auto& [text, why] : wrong) {
    CAPTURE(why);
    other.write("wrong.jsonl", text);
    const Ended ended = other.fettle({"ledger", "import", "--from", "jsonl:wrong.jsonl"});
    CHECK(ended.status == 2);
    CHECK(has(ended.err, why));
    CHECK(has(ended.err, "Nothing was changed."));
    CHECK_FALSE(other.exists(".fettle/ledger.db"));
    for (const auto& entry : std::filesystem::directory_iterator(other.path(".fettle")))
      CHECK(entry.path().filename().string().find("ledger.db") == std::string::npos);
  }
  CHECK(other.fettle({"ledger", "import", "--from", "jsonl:" + site.path("whole.jsonl")}).status == 0);
  const Site later;  // schema 6 has the tables of today
  later.write("six.jsonl", replaced("\"schema\": 7", "\"schema\": 6"));
  CHECK(later.fettle({"ledger", "import", "--from", "jsonl:six.jsonl"}).status == 0);
  CHECK(later.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("journey: a ledger is written as CSV for other programs") {
  const Site site;
  fill(site, 3);
  CHECK(copied(site, {"export", "--format", "csv", "--to", site.path("csv")}).at("tables").at("attempts") == 3);
  site.sql(".import --csv csv/attempts.csv a", "look.db");
  CHECK(site.sql("select count(*), min(script) from a", "look.db") == "3|00000_x.lua");
  site.sql(".import --csv csv/log_lines.csv l", "look.db");
  CHECK(site.sql("select count(*) from l where text = 'a \"line\",' || char(13, 10) || 'and another'", "look.db") ==
        "3");
  CHECK(site.fettle({"ledger", "import", "--from", "csv:csv"}).status == 2);
}

TEST_CASE("journey: ledger init makes an empty ledger, list tells the places, and both can be asked again") {
  const Site site;
  CHECK(has(site.fettle({"ledger", "init"}).out, "is made, and empty"));
  CHECK(has(site.fettle({"ledger", "init"}).out, "is there already"));
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
  const json places = site.fettle_json({"ledger", "list", "--json"});
  CHECK(places.at("places").size() == 5);
  CHECK(places.at("in_use") == "sqlite:" + site.path(".fettle/ledger.db"));
  CHECK(site.fettle({"ledger", "export", "--format", "parquet"}).status == 2);
  CHECK(site.fettle({"ledger", "migrate"}).status == 2);
  CHECK(site.fettle({"ledger", "import"}).status == 2);
  CHECK(site.fettle({"ledger", "migrate", "--to", "ftp:x"}).status == 2);
}

TEST_CASE("journey: what is looked at of a ledger is true of it, and what is wrong with it is said") {
  const support::InMemory in_memory;
  const Site site;
  for (const char* look : {"health", "validate", "test"}) {
    CAPTURE(look);
    CHECK(site.fettle({"ledger", look}).status == 0);  // there is none yet
    CHECK_FALSE(site.exists(".fettle/ledger.db"));
  }
  CHECK(site.fettle({"ledger", "metrics"}).status == 2);
  fill(site, 200);
  for (const char* look : {"health", "validate", "test", "show", "metrics", "analyze", "optimize"}) {
    CAPTURE(look);
    const Ended plain = site.fettle({"ledger", look});
    CHECK(plain.status == 0);
    for (const std::string_view line : base::split(plain.out, '\n')) CHECK(base::display_width(line) <= 80);
    CHECK_FALSE(site.fettle_json({"ledger", look, "--json"}).is_null());
  }
  for (const auto& entry : std::filesystem::directory_iterator(site.path(".fettle")))
    CHECK(entry.path().filename().string().starts_with("ledger.db"));  // no trial is left
  const json metrics = site.fettle_json({"ledger", "metrics", "--json"});
  for (const char* outcome : {"succeeded", "failed"})
    CHECK(std::to_string(metrics.at("outcomes").at(outcome).get<int>()) ==
          site.sql(fmt::format("select count(*) from attempts where outcome = '{}'", outcome), ".fettle/ledger.db"));
  CHECK(metrics.at("rows").at("log_lines") == 200);
  const json scripts = site.fettle_json({"ledger", "analyze", "--json"});
  CHECK(scripts.size() == 200);

  // With a reader at work, the log stays; damage of each kind is told.
  site.sql("drop index attempts_open; drop trigger runs_are_kept", ".fettle/ledger.db");
  const Ended structure = site.fettle({"ledger", "validate"});
  CHECK(structure.status == 7);
  CHECK(has(structure.out, "the index attempts_open is gone"));
  CHECK(has(structure.out, "the trigger runs_are_kept is"));
  site.sql("pragma foreign_keys = off; delete from runs where id = 1", ".fettle/ledger.db");
  const Ended chain = site.fettle({"ledger", "validate"});
  CHECK(chain.status == 7);
  CHECK(has(chain.out, "belong to one of"));
  CHECK(has(chain.out, "✗ chain"));
}

TEST_CASE("journey: ledger optimize gives unused space back and changes nothing else") {
  const Site site;
  fill(site, 300);
  const std::string before = head(site);
  const json done = site.fettle_json({"ledger", "optimize", "--json"});
  CHECK(done.at("bytes").get<int>() < done.at("bytes_before").get<int>());
  CHECK(head(site) == before);
  CHECK(site.fettle({"ledger", "validate"}).status == 0);
}

TEST_CASE("journey: who leaves takes what is applied along, as the other tool records it") {
  const Site site;
  for (const char* name : {"001_a.lua", "20250102030405_b'c.lua", "no_number.lua"})
    site.write(fmt::format("fix-scripts/{}", name), support::k_good);
  site.write("fix-scripts/003_bad.lua", "error('no')");
  CHECK(site.fettle({"run"}).status == 4);
  const auto rows = [&](const std::string& format, const std::string& table, const std::string& query) {
    const Ended ended = site.fettle({"ledger", "export", "--format", format});
    CHECK(ended.status == 0);
    site.write("leave.sql", "create table " + table + ";\n" + ended.out);
    std::filesystem::remove(site.path("left.db"));
    site.sql(".read leave.sql", "left.db");
    return site.sql(query, "left.db");
  };
  CHECK(rows("dbmate", "schema_migrations (version varchar(128) primary key)",
             "select group_concat(version) from schema_migrations") == "001,20250102030405");
  CHECK(rows("rails", "schema_migrations (version varchar primary key)",
             "select group_concat(version) from schema_migrations") == "1,20250102030405");
  CHECK(rows("goose",
             "goose_db_version (id integer primary key, version_id integer, is_applied integer, tstamp timestamp)",
             "select group_concat(version_id), min(is_applied) from goose_db_version") == "1,20250102030405|1");
  CHECK(rows("laravel", "migrations (id integer primary key, migration varchar(255), batch integer)",
             "select group_concat(migration), max(batch) from migrations") == "001_a,20250102030405_b'c,no_number|1");
  const Ended umzug = site.fettle({"ledger", "export", "--format", "umzug", "--to", "umzug.json"});
  CHECK(umzug.status == 0);
  CHECK(json::parse(support::read_file(site.path("umzug.json"))) ==
        json({"001_a.lua", "20250102030405_b'c.lua", "no_number.lua"}));
  CHECK(has(site.fettle({"ledger", "export", "--format", "goose"}).err, "no_number.lua is left out"));
  CHECK(site.fettle({"ledger", "export", "--format", "umzug", "--to", "umzug.json"}).status == 2);
}

TEST_CASE(
    "journey: ledger prune removes what is old, keeps what was applied known, and the chain proves what is left") {
  const Site site;
  site.sql("create table t (a integer primary key); insert into t values (1), (2)");
  const std::string update = R"lua(return { shouldRun = function() return true end, execute = function()
    log.info("one line") db.exec("update t set a = a + 10") return { executed = true } end })lua";
  site.write("fix-scripts/001.lua", update);
  CHECK(site.fettle({"run"}).status == 0);
  site.write("fix-scripts/002.lua", update + "-- two");
  CHECK(site.fettle({"run", "--dry-run"}).status == 0);
  CHECK(site.fettle({"run"}).status == 0);
  const std::string before = head(site);
  const auto prune = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"ledger", "prune", "--json"});
    return site.fettle(more);
  };
  CHECK(prune({}).status == 2);
  CHECK(has(prune({"--keep", "0s"}).err, "nobody can answer here"));
  CHECK(json::parse(prune({"--keep", "1h", "--yes"}).out).at("pruned") == false);
  const json told = json::parse(prune({"--keep", "0s", "--dry-run"}).out);
  CHECK(told.at("log_lines") == 2);
  CHECK(told.at("previews") == 1);
  CHECK(site.sql("select count(*) from log_lines", ".fettle/ledger.db") == "2");
  const json done = json::parse(prune({"--keep", "0s", "--yes", "--by", "anna", "--reason", "tidy"}).out);
  CHECK(done.at("pruned") == true);
  CHECK(site.sql("select (select count(*) from log_lines), (select max(length(zstd)) from changed_rows), (select "
                 "count(*) from "
                 "previews), (select count(*) from attempts), (select count(*) from changes)",
                 ".fettle/ledger.db") == "0|65|0|2|2");
  CHECK(site.sql("select by, reason from events where verb = 'prune'", ".fettle/ledger.db") == "anna|tidy");
  for (const char* look : {"verify", "validate"}) CHECK(site.fettle({"ledger", look}).status == 0);
  CHECK(site.fettle({"ledger", "verify", "--expect", std::string(base::trim(before))}).status == 0);
  CHECK(json::parse(prune({"--keep", "0s", "--yes"}).out).at("pruned") == false);

  // It says what it has lost, and still knows what was applied.
  const Ended shown = site.fettle({"show", "1"});
  CHECK(has(shown.out, "its rows were pruned from the ledger on"));
  CHECK(has(shown.out, "by anna"));
  CHECK(has(site.fettle({"rollback", "001", "--yes"}).err, "pruned from the ledger"));
  site.write("fix-scripts/001.lua", update);
  CHECK(has(site.fettle({"run"}).out, "already applied in at"));
  site.write("fix-scripts/003.lua", update + "-- three");
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(site.fettle({"rollback", "003", "--yes"}).status == 0);  // rows of later attempts are there
  CHECK(json::parse(prune({"--keep", "0s", "--yes"}).out).at("pruned") == true);
  CHECK(site.fettle({"ledger", "verify"}).status == 0);

  // Whoever edits what is left is found, also in what was pruned, and nothing more is pruned then.
  site.sql("drop trigger changes_are_final; update changes set updated = 7 where attempt = 1", ".fettle/ledger.db");
  const Ended verified = site.fettle({"ledger", "verify"});
  CHECK(verified.status == 7);
  CHECK(has(verified.out, "changes of attempt 1"));
  CHECK(prune({"--keep", "0s", "--yes"}).status != 0);
}

TEST_CASE("journey: somebody else cannot prune a ledger without being found, nor hide an edit behind a pruning") {
  const Site site;
  fill(site, 30);
  CHECK(site.fettle({"ledger", "validate"}).status == 0);
  const std::string path = site.path(".fettle/ledger.db");
  const auto as_attacker = [&](const std::string& sql) {
    site.sql(
        "drop trigger log_lines_are_kept; drop trigger changes_are_final; drop trigger changed_rows_are_kept; " + sql +
            "; create trigger log_lines_are_kept BEFORE DELETE ON log_lines BEGIN SELECT RAISE(ABORT, "
            "'log_lines_are_kept: no log line is removed'); END; create trigger changes_are_final BEFORE UPDATE ON "
            "changes BEGIN SELECT RAISE(ABORT, 'changes_are_final'); END; create trigger changed_rows_are_kept "
            "BEFORE DELETE ON changed_rows BEGIN SELECT RAISE(ABORT, 'changed_rows_are_kept'); END",
        ".fettle/ledger.db");
    return site.fettle({"ledger", "verify"});
  };
  const auto sign = [&](const std::string& detail) {  // with an entry of the chain that fits
    ledger::Ledger ledger = ledger::Ledger::open(path);
    ledger.record({.verb = "prune", .script = {}, .by = "eve", .host = "h", .reason = {}, .detail = detail, .at = {1}});
  };
  site.sql("insert into events (at, verb, by, host, detail) values (1, 'prune', 'eve', 'h', '{\"attempt\": 30}')",
           ".fettle/ledger.db");
  CHECK(has(site.fettle({"ledger", "verify"}).out, "fettle did not record it"));
  site.sql(
      "drop trigger events_are_kept; delete from events where by = 'eve'; create trigger events_are_kept BEFORE "
      "DELETE ON events BEGIN SELECT RAISE(ABORT, 'events_are_kept'); END",
      ".fettle/ledger.db");
  sign(R"({"attempt": 9000000000000000000, "run": 9000000000000000000})");
  const Ended lines = as_attacker("delete from log_lines");
  CHECK(lines.status == 0);
  CHECK(has(lines.out, "by eve"));  // who looks is told
  fill(site, 10);                   // what comes behind it is not its own
  const Ended later = as_attacker("delete from log_lines");
  CHECK(later.status == 7);
  CHECK(has(later.out, "attempt 31"));
  CHECK(has(as_attacker("update changes set updated = 7 where attempt = 1").out, "changes of attempt 1:"));
  CHECK(has(as_attacker("delete from changed_rows where attempt = 11").out, "changes of attempt 11:"));
}

TEST_CASE("journey: a ledger is not brought back under the log of one that was taken away") {
  const Site site;
  fill(site, 50);
  copied(site, {"export", "--to", "jsonl:" + site.path("kept.jsonl")});
  std::filesystem::rename(site.path(".fettle/ledger.db"), site.path("away.db"));
  const Ended refused = site.fettle({"ledger", "import", "--from", "jsonl:kept.jsonl"});
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "ledger.db-wal lies there"));
  CHECK_FALSE(site.exists(".fettle/ledger.db"));
  for (const char* tail : {"-wal", "-shm"}) std::filesystem::remove(site.path(std::string(".fettle/ledger.db") + tail));
  CHECK(site.fettle({"ledger", "import", "--from", "jsonl:kept.jsonl"}).status == 0);
  CHECK(site.fettle({"ledger", "validate"}).status == 0);
  CHECK(site.fettle_json({"history", "--json", "--limit", "0"}).size() == 50);
}

TEST_CASE("journey: what is written of a ledger is for its owner alone, and no password becomes a file's name") {
  const Site site;
  fill(site, 3);
  for (const char* place : {"sqlite:a.db", "jsonl:a.jsonl", "json-runs:a/", "csv:c"}) {
    CAPTURE(place);
    CHECK(site.fettle({"ledger", "export", "--to", place}).status == 0);
  }
  for (const char* name : {"a.db", "a.jsonl", "a", "c"}) {
    CAPTURE(name);
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    CHECK((std::filesystem::status(site.path(name)).permissions() & others) == std::filesystem::perms::none);
  }
  for (const char* place : {"postgresql://u:secret@h/db", "jsonl:x"}) {
    const Ended refused = site.fettle({"ledger", "export", "--format", "csv", "--to", place});
    CHECK(refused.status == 2);
    CHECK(refused.err.find("secret") == std::string::npos);
  }
}

TEST_CASE("processes: whoever is killed while a ledger is on its way leaves all of it or nothing") {
  const support::Engine server = support::postgresql_engine();
  const support::InMemory in_memory;
  const Site site;
  fill(site, 400);
  const std::string sum = copied(site, {"export", "--to", "jsonl:" + site.path("a.jsonl")}).at("sha256");
  std::vector<std::string> places = {"jsonl:" + site.path("b.jsonl"), "json-runs:" + site.path("b"),
                                     "sqlite:" + site.path("b.db")};
  if (!server.name.empty()) places.push_back(server.url);
  const char* const wish = std::getenv("FETTLE_LEDGER_KILLS");
  const int kills = wish != nullptr ? std::atoi(wish) : 5;
  std::mt19937 random(7);
  for (const std::string& place : places) {
    CAPTURE(place);
    const std::vector<std::string> migrate = {"ledger", "migrate", "--from", "jsonl:" + site.path("a.jsonl"),
                                              "--to",   place};
    for (int kill = 0; kill < kills; ++kill) {
      Program program(site.launch(migrate));
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 120));
      program.signal(SIGKILL);
      program.wait(support::Seconds(20));
    }
    const Ended ended = site.fettle(migrate);  // what is there was whole before, or is now
    CAPTURE(ended.err);
    CHECK((ended.status == 0 || has(ended.err, "is not empty")));
    for (const std::string& name : site.tree()) CHECK(name.find(".fettle-") == std::string::npos);
    const Site reader;
    CHECK(copied(reader, {"migrate", "--from", place, "--to", "sqlite:" + reader.path("back.db")}).at("sha256") == sum);
  }
  CHECK(site.fettle({"ledger", "verify"}).status != 2);
}

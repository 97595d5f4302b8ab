// Taking scripts back where something is in the way: a runner that dies, versions that lie on each other, names that
// are taken, doubt. What all goes well stands in script_life_test.
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <vector>

#include "support/engine.hpp"
#include "support/site.hpp"

using nlohmann::json;
using support::Ended;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

constexpr const char* k_ledger = ".fettle/ledger.db";
const std::string k_wait = "local start = os.time() while os.time() - start < 3 do end";

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 900));
  return found;
}

// Puts its name and `value` into ran, and takes that row out again.
std::string undoable(const std::string& fields, const std::string& value, const std::string& more = "") {
  return fmt::format(
      "return {{ {} shouldRun = function() return true end,\n"
      "  execute = function() db.exec(\"insert into ran values (?)\", ctx.script .. ' ' .. {}) return {{ executed = "
      "true "
      "}} end,\n"
      "  rollback = function() db.exec('delete from ran where rowid = (select max(rowid) from ran where script = ?)', "
      "ctx.script .. ' ' .. {}) {} return {{ executed = true }} end }}",
      fields, value, value, more);
}

std::string ran(const Site& site) {
  return site.sql("select script from ran order by rowid");
}

std::string receipts(const Site& site) {
  return site.sql("select group_concat(attempt) from (select attempt from fettle_receipts order by attempt)");
}

bool at_work(const Site& site) {
  return support::wait_until([&] {
    return site.fettle_json({"status", "--json"}).at("lock").at("in_work").is_object();
  });
}

void kill(Program& program) {
  program.signal(SIGKILL);
  program.wait(Seconds(30));
}

// The ledger takes nothing for as long as this lives: what a run has committed it cannot record.
class LockedLedger {
 public:
  explicit LockedLedger(const Site& site)
      : holder_({.command = {"sqlite3", site.path(k_ledger), "begin immediate;", ".shell touch held; sleep 60"},
                 .directory = site.path("."),
                 .environment = {}}) {
    REQUIRE(support::wait_until([&] { return site.exists("held"); }));
    std::filesystem::remove(site.path("held"));
  }

 private:
  Program holder_;
};

// Runs this, which must be at its script for some seconds, so that its end is committed and never recorded.
void run_unrecorded(const Site& site, const std::vector<std::string>& arguments) {
  Program program(site.launch(arguments));
  REQUIRE(at_work(site));
  const LockedLedger locked(site);
  CHECK(program.wait(Seconds(60)).status == 1);
}

void add_second_database(const Site& site) {
  site.write("config.toml",
             "[databases.aside]\nurl = \"sqlite:aside.db\"\n" + support::read_file(site.path("config.toml")));
  site.sql("create table fettle_something (x)", "aside.db");
}

}  // namespace

TEST_CASE("journey: a killed rollback is judged by the database of its script alone") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("database = 'main',", "1", "while true do end"));
  add_second_database(site);
  REQUIRE(site.fettle({"run"}).status == 0);
  Program rollback(site.launch({"rollback", "001", "--yes"}));
  REQUIRE(at_work(site));
  kill(rollback);
  const std::string config = support::read_file(site.path("config.toml"));
  const std::size_t url = config.find("sqlite:app.db");
  site.write("config.toml", std::string(config).replace(url, 13, "sqlite:new.db"));
  site.sql("create table ran (script text)", "new.db");
  CHECK(has(site.fettle({"repair"}).out, "cannot be asked whether the rollback was committed"));
  site.write("config.toml", config);
  CHECK(has(site.fettle({"repair"}).out, "nothing was rolled back"));
  CHECK(ran(site) == "001_a.lua 1");
  CHECK(receipts(site) == "1");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("journey: what recovery finds applied is recorded with its arguments, dependencies and database") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("", "1"));
  REQUIRE(site.fettle({"run"}).status == 0);
  std::string slow = undoable("depends = { '001' }, tags = { 'x' }, args = { tenant = 'default' },", "ctx.args.tenant");
  slow.insert(slow.find("return { executed = true }"), k_wait + " ");
  site.write("fix-scripts/002_b.lua", slow);
  run_unrecorded(site, {"run", "002", "--arg", "tenant=acme"});
  CHECK(has(site.fettle({"repair"}).out, "so it was committed"));
  const json attempt = site.fettle_json({"show", "2", "--json"});
  CHECK(attempt.at("outcome") == "succeeded");
  CHECK(attempt.at("args").at("tenant") == "acme");
  CHECK(attempt.at("depends") == json::array({"001"}));
  CHECK(site.sql("select database from attempts where id = 2", k_ledger) == "main");
  CHECK(has(site.fettle({"rollback", "001", "--yes"}).err, "002_b.lua depends on 001_a.lua"));
  CHECK(site.fettle({"rollback", "002", "--yes"}).status == 0);
  CHECK(ran(site) == "001_a.lua 1");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("journey: a rollback that was committed and never recorded puts its file back all the same") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("", "1", k_wait));
  REQUIRE(site.fettle({"run"}).status == 0);
  run_unrecorded(site, {"rollback", "001", "--yes", "--requeue"});
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK(has(site.fettle({"repair"}).out, "so the rollback was committed"));
  CHECK(ran(site).empty());
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK_FALSE(site.exists("successfully-ran/001_a.lua"));
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("journey: an older version is not taken back below a newer one") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("", "1"));
  REQUIRE(site.fettle({"run"}).status == 0);
  site.write("fix-scripts/001_a.lua", undoable("", "2"));
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(has(site.fettle({"rollback", "--run", "1", "--yes"}).err, "applied again in attempt 2, on top of attempt 1"));
  CHECK(ran(site) == "001_a.lua 1 001_a.lua 2");
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(site.fettle({"rollback", "--run", "1", "--yes"}).status == 0);
  CHECK(ran(site).empty());
  CHECK(site.sql("select count(*) from fettle_receipts") == "0");
}

TEST_CASE("journey: what was applied several times is taken back one time after the other") {
  const Site site;
  const std::string by_args = undoable("repeatable = true, args = { n = '0' },", "ctx.args.n");
  for (const char* n : {"1", "2"}) {
    site.write("fix-scripts/001_a.lua", by_args);
    REQUIRE(site.fettle({"run", "001", "--arg", fmt::format("n={}", n)}).status == 0);
  }
  REQUIRE(receipts(site) == "1,2");
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(ran(site) == "001_a.lua 1");
  CHECK(receipts(site) == "1");
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(ran(site).empty());
  CHECK(has(site.fettle({"rollback", "001", "--yes"}).err, "was rolled back already"));
}

TEST_CASE("journey: a file comes back to the pending folder under its own name or not at all") {
  const Site site;
  std::filesystem::create_directories(site.path("successfully-ran"));
  site.write("successfully-ran/001_a.lua", "-- somebody put it there");
  site.write("fix-scripts/001_a.lua", undoable("", "1"));
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(site.exists("successfully-ran/001_a.2.lua"));
  CHECK(site.fettle({"rollback", "001", "--yes", "--requeue"}).status == 0);
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK_FALSE(site.exists("fix-scripts/001_a.2.lua"));
  REQUIRE(site.fettle({"run"}).status == 0);
  site.write("fix-scripts/001_a.lua", undoable("", "2"));
  const Ended taken = site.fettle({"rollback", "001", "--yes", "--requeue"});
  CHECK(taken.status == 0);
  CHECK(has(taken.out + taken.err, "its file cannot be put back"));
  CHECK_FALSE(site.exists("fix-scripts/001_a.2.lua"));
}

TEST_CASE("journey: a rollback without a transaction that died is in doubt until a person decides") {
  for (const char* decision : {"pending", "succeeded"}) {
    CAPTURE(decision);
    const Site site;
    site.write("fix-scripts/001_a.lua", undoable("transaction = false,", "1", "while true do end"));
    REQUIRE(site.fettle({"run"}).status == 0);
    Program rollback(site.launch({"rollback", "001", "--yes"}));
    REQUIRE(support::wait_until([&] { return ran(site).empty(); }));
    kill(rollback);
    site.write("fix-scripts/001_a.lua", undoable("transaction = false,", "1", "while true do end"));
    CHECK(site.fettle({"run"}).status != 0);
    CHECK(has(site.fettle({"status"}).out, "look, then fettle mark 001"));
    CHECK(site.fettle({"rollback", "001", "--yes"}).status == 8);  // it has begun, says the database
    CHECK(has(site.fettle({"status"}).out, "look, then fettle mark 001"));
    CHECK(site.fettle_json({"plan", "--json"}).at("scripts").at(0).at("forecast") == "blocked");
    CHECK(site.fettle({"mark", "001", decision, "--reason", "looked"}).status == 0);
    const bool is_applied = std::string(decision) == "succeeded";
    CHECK(site.fettle({"run"}).status == 0);
    CHECK(ran(site) == (is_applied ? "" : "001_a.lua 1"));
    CHECK(site.sql("select count(*) from fettle_receipts") == "1");
    CHECK(site.fettle({"ledger", "verify"}).status == 0);
  }
}

TEST_CASE("journey: a rollback that took nothing back does not end well") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("", "1", "skip('not today')"));
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 8);
  CHECK(ran(site) == "001_a.lua 1");
  CHECK(receipts(site) == "1");
}

TEST_CASE("journey: hooks stand round a rollback, and before_run can refuse it") {
  const Site site("[hooks]\nbefore_run = \"cat > before.json; test ! -e refuse\"\nafter_run = \"cat > after.json\"\n");
  site.write("fix-scripts/001_a.lua", undoable("", "1"));
  REQUIRE(site.fettle({"run"}).status == 0);
  site.write("refuse", "");
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 8);
  CHECK(ran(site) == "001_a.lua 1");
  std::filesystem::remove(site.path("refuse"));
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(json::parse(support::read_file(site.path("before.json"))).at("trigger") == "rollback");
  CHECK(json::parse(support::read_file(site.path("after.json"))).at("counts").at("rolled_back") == 1);
}

TEST_CASE("journey: a rollback is cancelled, and who did it is on the record") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("", "1", "while true do end"));
  REQUIRE(site.fettle({"run"}).status == 0);
  Program rollback(site.launch({"rollback", "001", "--yes"}));
  REQUIRE(at_work(site));
  CHECK(has(site.fettle({"cancel", "--by", "anna", "--reason", "oops"}).out, "what was not taken back"));
  CHECK(rollback.wait(Seconds(30)).status == 143);
  CHECK(site.sql("select verb || ' ' || by || ' ' || reason from events", k_ledger) == "cancel anna oops");
  CHECK(receipts(site) == "1");
}

TEST_CASE("journey: what a person has only said of a script does not outlive its rollback") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("", "1"));
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(site.fettle({"mark", "001", "succeeded", "--reason", "looked"}).status == 0);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(ran(site).empty());
  CHECK(site.fettle_json({"status", "--json"}).at("groups").at("rolled_back").at("count") == 1);
  site.write("fix-scripts/001_a.lua", undoable("", "1"));
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(ran(site) == "001_a.lua 1");
}

TEST_CASE("journey: a rollback without a transaction that fails half-way is in doubt") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("transaction = false,", "1", "error('no luck')"));
  site.write("fix-scripts/002_b.lua", undoable("transaction = false,", "2", "skip('enough')"));
  REQUIRE(site.fettle({"run"}).status == 0);
  for (const char* script : {"001", "002"}) CHECK(site.fettle({"rollback", script, "--yes"}).status == 10);
  CHECK(ran(site).empty());
  const Ended status = site.fettle({"status"});
  CHECK(has(status.out, "2 scripts interrupted or unknown"));
  site.write("fix-scripts/003_c.lua", undoable("depends = { '001' },", "3"));
  CHECK(site.fettle({"run"}).status == 8);
}

TEST_CASE("journey: a receipt that proves nothing any more stays without effect, whatever comes in between") {
  const Site site;
  const std::string text = undoable("transaction = false, depends = { '000' },", "1", "error('no luck')");
  site.write("fix-scripts/000_first.lua", undoable("", "0"));
  site.write("fix-scripts/001_a.lua", text);
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(site.fettle({"rollback", "001", "--yes"}).status == 10);
  REQUIRE(site.fettle({"mark", "001", "pending", "--reason", "looked"}).status == 0);
  REQUIRE(site.fettle({"rollback", "000", "--yes"}).status == 0);
  site.write("fix-scripts/001_a.lua", text);
  CHECK(site.fettle({"run"}).status == 8);  // blocked: what it depends on is gone
  site.write("fix-scripts/000_first.lua", undoable("", "0"));
  site.sql(
      "create trigger never before insert on ran when new.script = '001_a.lua 1' begin select raise(abort, 'no'); end");
  CHECK(site.fettle({"run"}).status == 4);  // it began, and failed
  site.sql("drop trigger never");
  CHECK(site.fettle({"retry", "001"}).status == 0);
  CHECK(ran(site) == "000_first.lua 0 001_a.lua 1");
  CHECK(site.sql("select count(*) from fettle_receipts where script = '001_a.lua'") == "1");
}

TEST_CASE("journey: what others depend on may lose one application as long as another is left") {
  const Site site;
  for (int time = 0; time < 2; ++time) {
    site.write("fix-scripts/001_a.lua", undoable("repeatable = true,", "1"));
    REQUIRE(site.fettle({"run"}).status == 0);
  }
  site.write("fix-scripts/002_b.lua", undoable("depends = { '001' },", "2"));
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 2);
}

TEST_CASE("journey: a rollback of what the database does not know begins nothing") {
  const Site site;
  site.write("fix-scripts/001_a.lua", undoable("", "1"));
  REQUIRE(site.fettle({"run"}).status == 0);
  site.sql("delete from fettle_receipts");
  const Ended ended = site.fettle({"rollback", "001", "--yes"});
  CHECK(ended.status == 8);
  CHECK(has(ended.out, "its receipt of attempt 1"));
  CHECK(ran(site) == "001_a.lua 1");
  CHECK(site.sql("select count(*) from attempts", k_ledger) == "1");
}

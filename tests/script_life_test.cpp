// What a script says of itself, on the built program: every field in a run by hand, in one of the watcher and in a
// plan, when all is well and when it is not; and taking scripts back, over every engine.
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "support/engine.hpp"
#include "support/watching.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Program;
using support::Seconds;
using support::Site;
using support::Watching;

namespace {

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 900));
  return found;
}

std::string text_or(const json& document, const std::string& name) {
  return document.contains(name) && document.at(name).is_string() ? document.at(name).get<std::string>() : "";
}

constexpr const char* k_functions =
    "shouldRun = function() return true end, execute = function() db.exec('insert into ran values (?)', ctx.script) "
    "return { executed = true, day = ctx.args.day } end";

std::string with(const std::string& fields) {
  return fmt::format("return {{ {}, {} }}", fields, k_functions);
}

std::string failing(const std::string& fields) {
  return fmt::format(
      "return {{ {} shouldRun = function() return true end, execute = function() error('no luck') end }}", fields);
}

// One script and what is to become of it in whatever way it is run.
struct Row {
  const char* what;
  std::string fields;   // of 005.lua
  std::string outcome;  // in a run
  std::string cause;
  std::string said;      // in its reason or error
  std::string forecast;  // in a plan: run, fail, blocked
  std::string before{};  // the text of 003_first.lua; empty: there is none
  std::string config{};
  std::string script{};  // instead of with(fields)
};

std::vector<Row> rows() {
  const std::string good = with("description = 'first'");
  const std::string bad = failing("");
  return {
      {"description", "description = 'what for'", "succeeded", "", "", "run"},
      {"depends, done before by name", "depends = { '003_first.lua' }", "succeeded", "", "", "run", good},
      {"depends, done before by stem", "depends = { '003_first' }", "succeeded", "", "", "run", good},
      {"depends, done before by number", "depends = { '3' }", "succeeded", "", "", "run", good},
      {"depends, missing", "depends = { '004_nowhere' }", "blocked", "dependency", "004_nowhere", "blocked"},
      {"depends, failed", "depends = { '003' }", "blocked", "dependency", "003_first.lua, which", "run", bad},
      {"depends, on itself", "depends = { '005' }", "failed", "dependency", "005.lua → 005.lua", "fail"},
      {"tags", "tags = { 'nightly', 'slow' }", "succeeded", "", "", "run"},
      {"environments, this one", "environments = { 'staging' }", "succeeded", "", "", "run", "",
       "environment = \"staging\"\n"},
      {"environments, another one", "environments = { 'production', 'demo' }", "blocked", "",
       "it is for production, demo; this is staging", "blocked", "", "environment = \"staging\"\n"},
      {"notBefore, past", "notBefore = '2020-01-01'", "succeeded", "", "", "run"},
      {"notBefore, to come", "notBefore = '2090-01-01T00:00Z'", "blocked", "", "not before 2090", "blocked"},
      {"window, always open", "window = '00:00-24:00'", "succeeded", "", "", "run"},
      {"timeout, enough", "timeout = '30s'", "succeeded", "", "", "run"},
      {"timeout, too short", "", "failed", "timeout", "200 ms", "run", "", "",
       "return { timeout = 0.2, shouldRun = function() return true end, execute = function() while true do end end }"},
      {"retries, not needed", "retries = 3, backoff = '10ms'", "succeeded", "", "", "run"},
      {"retries, of no use against an error", "", "failed", "error", "no luck", "run", "", "",
       failing("retries = 3, backoff = '10ms',")},
      {"allowFailure", "", "failed", "error", "no luck", "run", "", "", failing("allowFailure = true,")},
      {"args, with what they are when not given", "args = { day = 'monday' }", "succeeded", "", "", "run"},
      {"args, needed", "args = { 'day' }", "blocked", "", "it needs --arg day=", "blocked"},
      {"maxRows, enough", "maxRows = 1", "succeeded", "", "", "run"},
      {"maxRows, too few", "", "failed", "rule", "it changed 2 rows, which is more than its maxRows = 1", "run", "", "",
       "return { maxRows = 1, shouldRun = function() return true end, execute = function() db.exec(\"insert into ran "
       "values ('x'), ('y')\") return { executed = true } end }"},
      {"validate, yes", "validate = function() return { valid = true } end", "succeeded", "", "", "run"},
      {"validate, no", "validate = function() return { valid = false, message = 'three are open' } end", "failed",
       "validation", "three are open", "fail"},
      {"validate, may not write", "validate = function() db.exec('delete from ran') return { valid = true } end",
       "failed", "error", "read", "fail"},
      {"database, none of it", "database = 'other'", "failed", "contract", "`database` names other", "fail"},
      {"repeatable", "repeatable = true", "succeeded", "", "", "run"},
      {"rollback, which is not asked", "rollback = function() error('not asked') end", "succeeded", "", "", "run"},
      {"an unknown field", "dependz = { '003' }", "failed", "contract",
       "unknown field `dependz`: did you mean `depends`?", "fail"},
  };
}

void drop_all(const Site& site, const Row& row) {
  if (!row.before.empty()) site.write("fix-scripts/003_first.lua", row.before);
  site.write("fix-scripts/005.lua", row.script.empty() ? with(row.fields) : row.script);
}

// Of 005.lua, as the ledger has it.
json newest(const Site& site) {
  const json attempts = site.fettle_json({"history", "--script", "005", "--limit", "1", "--json"});
  return attempts.is_array() && !attempts.empty() ? attempts.at(0) : json::object();
}

void check_attempt(const Row& row, const json& attempt) {
  CHECK(text_or(attempt, "outcome") == row.outcome);
  CHECK(text_or(attempt, "cause") == row.cause);
  if (!row.said.empty()) CHECK(has(text_or(attempt, "reason") + text_or(attempt, "error"), row.said));
}

}  // namespace

TEST_CASE("journey: every field of a script works in a run by hand") {
  for (const Row& row : rows()) {
    CAPTURE(row.what);
    const Site site(row.config);
    drop_all(site, row);
    site.fettle({"run"});
    check_attempt(row, newest(site));
    CHECK(site.sql("select count(*) from ran where script = '005.lua'") == (row.outcome == "succeeded" ? "1" : "0"));
  }
}

TEST_CASE("journey: every field of a script works in a plan, which changes nothing") {
  for (const Row& row : rows()) {
    CAPTURE(row.what);
    const Site site(row.config);
    drop_all(site, row);
    const json plan = site.fettle_json({"plan", "--json"});
    json found;
    for (const json& script : plan.at("scripts"))
      if (script.at("script") == "005.lua") found = script;
    REQUIRE(found.is_object());
    CHECK(found.at("forecast") == (row.forecast == "blocked" ? "blocked" : "would_" + row.forecast));
    if (row.forecast != "run") {
      CHECK(text_or(found, "cause") == row.cause);
      CHECK(has(text_or(found, "reason") + text_or(found, "error"), row.said));
    }
    CHECK(site.sql("select count(*) from ran") == "0");
    CHECK_FALSE(site.exists(".fettle/ledger.db"));
  }
}

TEST_CASE("watch: every field of a script works as in a run by hand") {
  for (const Row& row : rows()) {
    CAPTURE(row.what);
    const Site site(row.config);
    Watching watching(site);
    drop_all(site, row);
    REQUIRE(support::wait_until([&] { return !text_or(newest(site), "outcome").empty(); }, Seconds(30)));
    // A dependency may have come a moment later.
    CHECK(support::wait_until([&] { return text_or(newest(site), "outcome") == row.outcome; }, Seconds(30)));
    check_attempt(row, newest(site));
    watching.stop();
  }
}

TEST_CASE("journey: what comes later in a run is waited for, and has its turn in the same run") {
  const Site site;
  site.write("fix-scripts/001_a.lua", with("depends = { '003' }"));
  site.write("fix-scripts/002_b.lua", with("depends = { '001_a' }"));
  site.write("fix-scripts/003_c.lua", with("description = 'c'"));
  site.write("fix-scripts/004_d.lua", with("description = 'd'"));
  const json report = site.fettle_json({"run", "--json"});
  CHECK(report.at("counts").at("succeeded") == 4);
  CHECK(report.at("counts").at("blocked") == 0);
  CHECK(report.at("exit_code") == 0);
  CHECK(site.sql("select script from ran order by rowid") == "003_c.lua 001_a.lua 002_b.lua 004_d.lua");
}

TEST_CASE("journey: scripts that depend on each other in a circle are an error that names it") {
  const Site site;
  site.write("fix-scripts/001_a.lua", with("depends = { '002' }"));
  site.write("fix-scripts/002_b.lua", with("depends = { '003' }"));
  site.write("fix-scripts/003_c.lua", with("depends = { '001' }"));
  const Ended checked = site.fettle({"check"});
  CHECK(checked.status == 7);
  CHECK(has(checked.out, "001_a.lua → 002_b.lua →"));
  const json report = site.fettle_json({"run", "--json"});
  CHECK(report.at("exit_code") == 4);
  CHECK(report.at("counts").at("failed") == 1);
  CHECK(report.at("counts").at("blocked") == 2);
  CHECK(has(report.dump(), "003_c.lua → 001_a.lua → 002_b.lua → 003_c.lua"));
  CHECK(site.sql("select count(*) from ran") == "0");
}

TEST_CASE("watch: a script that waits for another runs once that one is mended") {
  const Site site;
  Watching watching(site);
  support::drop(site, "002_b.lua", with("depends = { '001' }"));
  REQUIRE(support::wait_until([&] {
    return !site.fettle_json({"history", "--script", "002_b", "--outcome", "blocked", "--json"}).empty();
  }));
  support::drop(site, "001_a.lua", with("description = 'a'"));
  CHECK(watching.ran("001_a.lua 002_b.lua"));
}

TEST_CASE("journey: a run can be had of those with a tag, without others, and up to one") {
  const Site site;
  site.write("fix-scripts/001_a.lua", with("tags = { 'nightly' }"));
  site.write("fix-scripts/002_b.lua", with("tags = { 'nightly', 'slow' }"));
  site.write("fix-scripts/003_c.lua", with("description = 'none'"));
  site.write("fix-scripts/004_d.lua", with("tags = { 'nightly' }"));
  CHECK(site.fettle({"run", "--tag", "nightly", "--exclude", "slow", "--until", "003"}).status == 0);
  CHECK(site.sql("select script from ran") == "001_a.lua");
  CHECK(site.fettle({"run", "--only", "003", "--only", "004_d", "--exclude", "4"}).status == 0);
  CHECK(site.sql("select script from ran") == "001_a.lua 003_c.lua");
  CHECK(site.fettle({"run", "--tag", "unheard"}).status == 0);
  CHECK(site.fettle_json({"history", "--json"}).size() == 2);  // what is not chosen is not attempted
  CHECK(site.fettle({"run", "--until", "009"}).status == 2);
}

TEST_CASE("journey: arguments reach the script as what they are by default, and are recorded") {
  const Site site;
  site.write("fix-scripts/007.lua",
             "return { args = { 'day', limit = 100, quiet = false }, shouldRun = function() return true end, execute = "
             "function() return { executed = true, message = table.concat({ ctx.args.day, math.type(ctx.args.limit), "
             "tostring(ctx.args.quiet) }, ' ') } end }");
  CHECK(site.fettle({"run", "--arg", "day=mon"}).status == 2);
  CHECK(has(site.fettle({"run", "007", "--arg", "daz=mon"}).out, "did you mean day?"));
  CHECK(has(site.fettle({"run", "007", "--arg", "day=mon", "--arg", "limit=many"}).out, "must be a number"));
  const json report =
      site.fettle_json({"run", "007", "--arg", "day=mon", "--arg", "limit=7", "--arg", "quiet=true", "--json"});
  CHECK(text_or(report.at("scripts").at(0), "message") == "mon integer true");
  CHECK(site.sql("select args from details where args is not null order by attempt desc limit 1",
                 ".fettle/ledger.db") == R"({"day":"mon","limit":"7","quiet":"true"})");
}

TEST_CASE("journey: what may pass by itself is tried again, each try an attempt of its own") {
  const Site site;
  site.write(
      "fix-scripts/001.lua",
      "return { retries = 2, backoff = '50ms', timeout = '20s', shouldRun = function() return true end, execute = "
      "function() db.exec('insert into ran values (1)') return { executed = true } end }");
  // Somebody else writes for longer than a statement waits.
  Program writer(
      {.command = {"sqlite3", site.path("app.db"), "begin immediate;", ".shell touch held; sleep 8", "commit;"},
       .directory = site.path("."),
       .environment = {}});
  REQUIRE(support::wait_until([&] { return site.exists("held"); }));
  const json report = site.fettle_json({"run", "--json"});
  const json attempts = site.fettle_json({"history", "--json"});
  CHECK(report.at("counts").at("succeeded") == 1);
  CHECK(report.at("counts").at("failed") == 0);
  REQUIRE(attempts.size() >= 2);
  CHECK(attempts.at(0).at("outcome") == "succeeded");
  for (std::size_t at = 1; at < attempts.size(); ++at) CHECK(attempts.at(at).at("cause") == "locked");
  CHECK(site.sql("select count(*) from ran") == "1");
  CHECK(site.sql("select group_concat(again) from details", ".fettle/ledger.db").starts_with("1"));
}

TEST_CASE("journey: bad values of a field say what was found and what is allowed") {
  const struct {
    const char* field;
    const char* said;
  } all[] = {
      {"depends = '003'", "`depends` must be a list of texts such as { \\\"003_add_column\\\" }, it is \\\"003\\\""},
      {"depends = { '' }", "`depends` must be"},
      {"tags = { 1 }", "`tags` must be a list of texts"},
      {"environments = { a = 'b' }", "`environments` must be a list"},
      {"retries = -1", "`retries` must be a whole number from 0 to 100, it is -1"},
      {"retries = 2.5", "it is 2.5"},
      {"backoff = 'soon'", "`backoff` must be a number of seconds above zero"},
      {"timeout = {}", "`timeout` must be a number of seconds above zero or a text like"},
      {"maxRows = 0", "`maxRows` must be a whole number above zero, it is 0"},
      {"allowFailure = 'yes'", "`allowFailure` must be true or false, it is \\\"yes\\\""},
      {"args = 5", "`args` must be a table such as { \\\"day\\\", limit = 100 }, it is 5"},
      {"args = { day = print }", "`args.day` must be a text, a number, true or false, it is a function"},
      {"validate = 1", "`validate` must be a function, it is 1"},
      {"rollback = {}", "`rollback` must be a function, it is a table"},
      {"notBefore = 'tomorrow'", "`notBefore` must be a time like"},
      {"window = '25:00'", "`window` must be like"},
      {"validate = function() return true end", "validate() returned true"},
      {"validate = function() return { valid = 1 } end", "`valid` in the table that validate() returned"},
      {"validate = function() return { valid = true, warnings = 'x' } end", "must be a list of texts, it is"}};
  for (const auto& [field, said] : all) {
    CAPTURE(field);
    const Site site;
    site.write("fix-scripts/005.lua", with(field));
    const json report = site.fettle_json({"run", "--json"});
    CHECK(report.at("scripts").at(0).at("script") == "005.lua");
    CHECK(report.at("scripts").at(0).at("cause") == "contract");
    CHECK(has(report.dump(), said));
    CHECK(site.sql("select count(*) from ran") == "0");
  }
}

TEST_CASE("journey: an allowed failure stops nothing and is no failure of the run") {
  const Site site("on_failure = \"stop\"\n");
  site.write("fix-scripts/001.lua", failing("allowFailure = true,"));
  site.write("fix-scripts/002.lua", with("description = 'behind'"));
  const Ended run = site.fettle({"run"});
  CHECK(run.status == 0);
  CHECK(has(run.out, "1 succeeded, 1 failed (1 allowed)"));
  CHECK(site.exists("failed/001.lua"));
  CHECK(site.sql("select script from ran") == "002.lua");
}

TEST_CASE("journey: warnings of validate() are told and recorded") {
  const Site site;
  site.write("fix-scripts/001.lua",
             with("validate = function() return { valid = true, warnings = { 'two rows look odd' } } end"));
  CHECK(has(site.fettle({"plan"}).out, "two rows look odd"));
  CHECK(has(site.fettle({"run"}).out, "two rows look odd"));
  CHECK(site.sql("select warnings from details", ".fettle/ledger.db") == R"(["two rows look odd"])");
}

// --- taking back -----------------------------------------------------------------------------------------------------

namespace {

std::string undoable(const std::string& more, const std::string& rollback) {
  return fmt::format(
      "return {{ {} shouldRun = function() return true end,\n"
      "  execute = function() db.exec(\"insert into marks values (?)\", ctx.script) return {{ executed = true }} end,\n"
      "  rollback = function() {} return {{ executed = true, message = 'took it back' }} end }}",
      more, rollback);
}

const std::string k_take_back = "db.exec('delete from marks where name = ?', ctx.script)";

void make_marks(const Engine& engine) {
  engine.ask("create table marks (name varchar(100))");
  if (engine.name == "postgresql") engine.ask("alter table marks owner to fettle");
}

std::string receipts(const Engine& engine) {
  return engine.ask("select count(*) from fettle_receipts");
}

std::string marks(const Engine& engine) {
  return engine.ask("select count(*) from marks");
}

}  // namespace

TEST_CASE("journey: what was applied is taken back with the text that ran, newest first, over every engine") {
  const Site site;
  for (const Engine& each : support::engines(site)) {
    const Site here;
    const Engine engine = each.name == "sqlite" ? support::sqlite_engine(here) : each;
    CAPTURE(engine.name);
    use(here, engine);
    make_marks(engine);
    here.write("fix-scripts/001_a.lua", undoable("", k_take_back));
    here.write("fix-scripts/002_b.lua", undoable("depends = { '001' },", k_take_back));
    here.write("fix-scripts/003_c.lua", undoable("transaction = false,", k_take_back));
    REQUIRE(here.fettle({"run"}).status == 0);
    CHECK(receipts(engine) == "3");
    here.write("successfully-ran/001_a.lua", "edited since");
    std::filesystem::remove(here.path("successfully-ran/002_b.lua"));
    CHECK(has(here.fettle({"rollback", "001", "--yes"}).err, "002_b.lua depends on 001_a.lua"));
    CHECK(here.fettle({"rollback", "--run", "1"}).status == 2);  // nobody can be asked
    const json report = here.fettle_json({"rollback", "--run", "1", "--yes", "--requeue", "--json"});
    CHECK(report.at("exit_code") == 0);
    REQUIRE(report.at("counts").at("rolled_back") == 3);
    CHECK(report.at("scripts").at(0).at("script") == "003_c.lua");
    CHECK(marks(engine) == "0");
    CHECK(receipts(engine) == "0");
    for (const char* name : {"001_a.lua", "002_b.lua", "003_c.lua"})
      CHECK(here.exists(fmt::format("fix-scripts/{}", name)));
    CHECK(here.fettle({"rollback", "001", "--yes"}).status == 2);
    CHECK(here.fettle({"run"}).status == 0);  // applied anew
    CHECK(marks(engine) == "3");
    CHECK(receipts(engine) == "3");
  }
}

TEST_CASE("journey: a rollback that fails changes nothing, and what is behind it stays applied") {
  const Site site;
  for (const Engine& each : support::engines(site)) {
    const Site here;
    const Engine engine = each.name == "sqlite" ? support::sqlite_engine(here) : each;
    CAPTURE(engine.name);
    use(here, engine);
    make_marks(engine);
    here.write("fix-scripts/001_a.lua", undoable("", k_take_back));
    here.write("fix-scripts/002_b.lua", undoable("", k_take_back + " error('cannot')"));
    REQUIRE(here.fettle({"run"}).status == 0);
    const json report = here.fettle_json({"rollback", "--steps", "2", "--yes", "--json"});
    CHECK(report.at("exit_code") == 4);
    CHECK(report.at("counts").at("failed") == 1);
    CHECK(report.at("counts").at("rolled_back") == 0);
    CHECK(marks(engine) == "2");
    CHECK(receipts(engine) == "2");
    CHECK(here.exists("successfully-ran/002_b.lua"));
    CHECK(here.fettle({"rollback", "001_a", "--yes"}).status == 0);
    CHECK(marks(engine) == "1");
    CHECK(here.fettle({"ledger", "verify"}).status == 0);
  }
}

TEST_CASE("journey: a rollback whose runner is killed is rolled back or not, and recovery knows which") {
  const Site site;
  for (const Engine& each : support::engines(site)) {
    const Site here;
    const Engine engine = each.name == "sqlite" ? support::sqlite_engine(here) : each;
    CAPTURE(engine.name);
    use(here, engine);
    make_marks(engine);
    here.write("fix-scripts/001_a.lua", undoable("", k_take_back + " while true do end"));
    REQUIRE(here.fettle({"run"}).status == 0);
    Program rollback(here.launch({"rollback", "001", "--yes"}));
    REQUIRE(support::wait_until([&] {
      const json status = here.fettle_json({"status", "--json"});
      return status.at("lock").at("in_work").is_object();
    }));
    rollback.signal(SIGKILL);
    rollback.wait(Seconds(30));
    const Ended repaired = here.fettle({"repair"});
    CHECK(has(repaired.out, "nothing was rolled back"));
    CHECK(marks(engine) == "1");
    CHECK(receipts(engine) == "1");
    CHECK(here.exists("successfully-ran/001_a.lua"));
    CHECK(here.fettle_json({"history", "--json"}).at(0).at("outcome") == "interrupted");
    CHECK(here.fettle({"ledger", "verify"}).status == 0);
  }
}

TEST_CASE("journey: another node may apply again what was rolled back") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    if (engine.name == "sqlite") continue;
    CAPTURE(engine.name);
    const Site left, right;
    make_marks(engine);
    for (const Site* each : {&left, &right}) {
      use(*each, engine);
      each->write("fix-scripts/001_a.lua", undoable("", k_take_back));
    }
    REQUIRE(left.fettle({"run"}).status == 0);
    REQUIRE(right.fettle({"run"}).status == 0);  // skipped: applied by the other
    CHECK(right.fettle({"rollback", "001", "--yes"}).status == 2);
    CHECK(left.fettle({"rollback", "001", "--yes"}).status == 0);
    CHECK(marks(engine) == "0");
    right.write("fix-scripts/001_a.lua", undoable("", k_take_back));
    CHECK(right.fettle({"run"}).status == 0);
    CHECK(marks(engine) == "1");
  }
}

TEST_CASE("journey: a dependency that another node has applied is satisfied by its receipt") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    const Site left, right;
    make_marks(engine);
    const Engine shared =
        engine.name == "sqlite" ? Engine{"sqlite", "sqlite:" + site.path("app.db"), engine.ask} : engine;
    for (const Site* each : {&left, &right}) use(*each, shared);
    left.write("fix-scripts/001_a.lua", undoable("", k_take_back));
    REQUIRE(left.fettle({"run"}).status == 0);
    right.write("fix-scripts/002_b.lua", undoable("depends = { '001_a' },", k_take_back));
    CHECK(right.fettle({"run"}).status == 0);
    CHECK(marks(engine) == "2");
  }
}

// --- verbs on a run that goes on -------------------------------------------------------------------------------------

TEST_CASE("journey: a run is paused between two scripts, and goes on when it is resumed") {
  const Site site;
  site.write("fix-scripts/001.lua", support::k_slow);
  site.write("fix-scripts/002.lua", support::k_good);
  Program run(site.launch({"run"}));
  REQUIRE(support::wait_until([&] {
    return site.fettle_json({"status", "--json"}).at("lock").at("in_work").is_object();
  }));
  CHECK(has(site.fettle({"pause", "--by", "anna", "--reason", "release"}).out, "Paused: run 1"));
  CHECK(has(site.fettle({"pause"}).out, "Paused already by anna"));
  REQUIRE(support::wait_until([&] { return site.exists("successfully-ran/001.lua"); }));
  CHECK_FALSE(
      support::wait_until([&] { return run.is_over() || site.exists("successfully-ran/002.lua"); }, Seconds(1.5)));
  CHECK(has(site.fettle({"resume", "--by", "bert"}).out, "Resumed: run 1"));
  CHECK(run.wait(Seconds(30)).status == 0);
  CHECK(site.sql("select script from ran") == "001.lua 002.lua");
  CHECK(site.sql("select group_concat(verb || ' ' || by || coalesce(' ' || reason, ''), ', ') from events",
                 ".fettle/ledger.db") == "pause anna release, resume bert");
}

TEST_CASE("journey: one script of a run is cancelled, or all of it, and nothing of it is committed") {
  const Site site;
  site.write("fix-scripts/001.lua", support::k_endless);
  site.write("fix-scripts/002.lua", support::k_good);
  site.write("fix-scripts/003.lua", support::k_endless);
  site.write("fix-scripts/004.lua", support::k_good);
  Program run(site.launch({"run"}));
  const auto at_work = [&](const std::string& script) {
    return support::wait_until([&] {
      const json work = site.fettle_json({"status", "--json"}).at("lock").at("in_work");
      return work.is_object() && work.at("script") == script;
    });
  };
  REQUIRE(at_work("001.lua"));
  CHECK(site.fettle({"cancel", "002"}).status == 2);
  CHECK(has(site.fettle({"cancel", "001", "--by", "anna", "--reason", "wrong day"}).out, "Cancelled: 001.lua"));
  REQUIRE(at_work("003.lua"));
  CHECK(has(site.fettle({"cancel", "--by", "anna"}).out, "Cancelled: run 1"));
  const Ended ended = run.wait(Seconds(30));
  CHECK(ended.status == 143);
  CHECK(has(ended.out, "cancelled by anna"));
  CHECK(site.sql("select script from ran") == "002.lua");
  CHECK(site.exists("fix-scripts/004.lua"));
  CHECK(site.sql("select count(*) from events where verb = 'cancel' and by = 'anna'", ".fettle/ledger.db") == "2");
  CHECK(has(site.fettle({"cancel"}).out, "no run goes on"));
}

TEST_CASE("journey: a script tells how far it has come, for those who look meanwhile and afterwards") {
  const Site site;
  site.write("fix-scripts/001.lua",
             "return { shouldRun = function() return true end, execute = function()\n"
             "  local bar = progress(1000, 'rows')\n"
             "  for i = 1, 600 do bar:step() end\n"
             "  local start = os.time() while os.time() - start < 4 do bar:step(0) end\n"
             "  bar:finish() return { executed = true } end }");
  Program run(site.launch({"run"}));
  CHECK(support::wait_until([&] {
    const json work = site.fettle_json({"status", "--json"}).at("lock").at("in_work");
    return work.is_object() && work.at("progress").is_object() && work.at("progress").at("done") == 600 &&
           work.at("progress").at("total") == 1000 && work.at("progress").at("label") == "rows";
  }));
  CHECK(run.wait(Seconds(30)).status == 0);
  CHECK(site.sql("select done || ' of ' || total from progress", ".fettle/ledger.db") == "1000 of 1000");
}

TEST_CASE("journey: data files are read through the runner, recorded, and nothing beyond their folder is") {
  const Site site;
  std::filesystem::create_directories(site.path("fix-data/more"));
  site.write("fix-data/people.csv", "name;age\r\n\"Anna; B\";5\r\n\"two\nlines \"\"q\"\"\";6\r\n\r\nlast;7");
  site.write("fix-data/more/list.txt", "\xEF\xBB\xBFone\r\ntwo\n\nfour");
  site.write("secret.txt", "secret");
  std::filesystem::create_symlink(site.path("secret.txt"), site.path("fix-data/link"));
  site.write("fix-scripts/001.lua", R"lua(
return { shouldRun = function() return #data.read("more/list.txt") > 3 end, execute = function()
  local out = {}
  for row in data.csv("people.csv", { separator = ";" }) do out[#out + 1] = row.name .. "=" .. row.age end
  for line in data.lines("more/list.txt") do out[#out + 1] = "<" .. line .. ">" end
  for row in data.csv("people.csv", { separator = ";", header = false }) do out[#out + 1] = #row end
  local refused = 0
  for _, name in ipairs { "../secret.txt", "/etc/passwd", "link", "more/../../secret.txt", "nothing", "more", "", "a\0b" } do
    if not pcall(data.read, name) then refused = refused + 1 end
  end
  return { executed = true, message = table.concat(out, "|"), refused = refused }
end }
)lua");
  const json script = site.fettle_json({"run", "--json"}).at("scripts").at(0);
  CHECK(text_or(script, "message") == "Anna; B=5|two\nlines \"q\"=6|last=7|<one>|<two>|<>|<four>|2|2|2|2");
  CHECK(script.at("result").at("refused") == 8);
  const json read = json::parse(site.sql("select data from details", ".fettle/ledger.db"));
  CHECK(read.size() == 2);
  CHECK(read.at("people.csv").get<std::string>().size() == 64);
}

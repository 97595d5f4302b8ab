// Limits as a person meets them: each hit, swallowed by the script, and told; held in time and in memory; and the next
// script runs.
#include <chrono>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "runner/run_fixture.hpp"
#include "support/program.hpp"

using core::Cause;
using core::OutcomeKind;
using support::attempt_of;
using support::says;
using support::Site;

namespace {

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;
const std::string k_numbers =
    "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) SELECT x FROM n";

struct Tight : Site {
  Tight() {
    config.limits = {.rows = 1000,
                     .bytes = 100'000,
                     .statements = 500,
                     .database_memory = 32 * k_mib,
                     .log_lines = 5,
                     .log_bytes = 1000,
                     .result_bytes = 1000,
                     .result_depth = 3};
  }
};

struct Hit {
  std::string should_run, execute;
  Cause cause;
  std::string says;
};

std::string rows(const std::string& sql) {
  return fmt::format("for row in db.rows([[{}]]) do end", sql);
}

std::string caught(const std::string& body) {
  return fmt::format("pcall(function() {} end)", body);
}

const std::string k_many = "for i = 1, 600 do db.exec('SELECT 1') end";
const std::string k_wide = "for i = 1, 30 do db.value('SELECT hex(zeroblob(5000))') end";
const std::string k_greedy = "db.value('SELECT length(hex(zeroblob(50000000)))')";

}  // namespace

TEST_CASE("limits: each one fails the script though it swallows the error, names its key, and commits nothing") {
  for (const Hit& hit : std::vector<Hit>{
           {"", rows(k_numbers), Cause::error, "more than 1,000 rows were read (limits.rows)"},
           {"", caught(rows(k_numbers)), Cause::error, "limits.rows"},
           {caught(rows(k_numbers)), "", Cause::error, "limits.rows"},
           {caught(rows(k_numbers)) + " do return false end", "", Cause::error, "limits.rows"},
           {"", caught(rows(k_numbers)) + " skip('never mind')", Cause::error, "limits.rows"},
           {"", caught(rows(k_numbers)) + " error('mine')", Cause::error, "mine"},
           {"", caught(rows(k_numbers)) + " error('mine')", Cause::error, "before that: more than 1,000 rows"},
           {"", caught(k_many), Cause::error, "limits.statements"},
           {"", caught(k_wide), Cause::error, "limits.bytes"},
           {"", caught(k_greedy), Cause::memory, "limits.database_memory"},
           {"", k_greedy, Cause::memory, "limits.database_memory"},
           {"", "do return { executed = true, a = ('x'):rep(2000) } end", Cause::contract, "limits.result_bytes"},
           {"", "do return { executed = true, a = {{{{}}}} } end", Cause::contract, "limits.result_depth"}}) {
    CAPTURE(hit.should_run);
    CAPTURE(hit.execute);
    Tight site;
    site.drop("1_hit.lua", Site::script(hit.execute, hit.should_run + " return true"));
    site.drop("2_good.lua", Site::script());
    const core::RunReport report = site.run();
    const core::Outcome& outcome = attempt_of(report, "1_hit.lua").outcome;
    CHECK(outcome.kind == OutcomeKind::failed);
    CHECK(core::name(outcome.cause) == core::name(hit.cause));
    CHECK(says(outcome.error, hit.says));
    CHECK(says(outcome.error, "raise it in config.toml"));
    CHECK(site.ran() == "2_good.lua");
  }
}

TEST_CASE("limits: a log that is full says which keys raise it, and the script goes on") {
  Tight site;
  site.drop("1_lines.lua", Site::script("for i = 1, 10 do print(i) end"));
  site.drop("2_bytes.lua", Site::script("for i = 1, 4 do print(('x'):rep(600)) end"));
  CHECK(site.run().counts.succeeded == 2);
  const ledger::History history = site.history();
  const auto lines = history.lines(history.latest("1_lines.lua")->id);
  CHECK(lines.size() == 5);
  CHECK(says(lines.back().text, "no more than 5 lines (limits.log_lines) and 1000 B (limits.log_bytes) are kept"));
  CHECK(history.lines(history.latest("2_bytes.lua")->id).size() == 2);
}

TEST_CASE("executemany: what was before a refused row is there, nothing after it is, from a list and from a function") {
  Site site;
  site.drop("1_list.lua", Site::script(R"lua(
    db.exec("CREATE TABLE one (x UNIQUE)")
    local list = {}
    for i = 1, 60000 do list[i] = { i } end
    list[30001] = { 7 }
    local ok, why = pcall(db.executemany, "INSERT INTO one VALUES (?)", list)
    assert(not ok and why:find("UNIQUE constraint failed"), why)
    assert(db.value("SELECT count(*) FROM one") == 30000)
    assert(db.value("SELECT max(x) FROM one") == 30000))lua"));
  site.drop("2_function.lua", Site::script(R"lua(
    db.exec("CREATE TABLE two (x UNIQUE)")
    local i = 0
    local ok, why = pcall(db.executemany, "INSERT INTO two VALUES (?)", function()
      i = i + 1
      if i == 30001 then return { 7 } end
      return { i }
    end)
    assert(not ok and why:find("UNIQUE constraint failed"), why)
    assert(db.value("SELECT count(*) FROM two") == 30000)
    assert(i < 60000))lua"));
  site.drop("3_copy.lua", Site::script(R"lua(
    db.exec("CREATE TABLE three (x, y)")
    local nextRow = db.rows("SELECT x FROM one ORDER BY x")
    local n = db.executemany("INSERT INTO three VALUES (?, ?)", function()
      local row = nextRow()
      return row and { row.x, "nr " .. row.x }
    end)
    assert(n == 30000)
    assert(db.value("SELECT count(*) FROM three JOIN one USING (x) WHERE y = 'nr ' || x") == 30000))lua"));
  const core::RunReport report = site.run();
  for (const core::AttemptReport& attempt : report.scripts) CHECK(attempt.outcome.error == "");
  CHECK(report.counts.succeeded == 3);
}

TEST_CASE("executemany: a refusal as long as its statement, with more rows on their way, is told and not waited for") {
  Site site;
  site.drop("1_long.lua", Site::script(R"lua(
    local sql, list = "PRAGMA " .. ("x"):rep(600000), {}
    for i = 1, 2000 do list[i] = { ("y"):rep(10000) } end
    local ok, why = pcall(db.executemany, sql, list)
    assert(not ok and why:find("PRAGMA", 1, true), why:sub(1, 200))
    assert(#why < 10000))lua"));
  const core::RunReport report = site.run();
  for (const core::AttemptReport& attempt : report.scripts) CHECK(attempt.outcome.error == "");
  CHECK(report.counts.succeeded == 1);
}

TEST_CASE("limits: what the defaults allow: many rows in little memory, many statements, large values") {
  Site site;
  site.drop("1_rows.lua", Site::script(R"lua(
    local count = 0
    for row in db.rows("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) SELECT x FROM n") do
      count = count + 1
    end
    assert(count == 1000000))lua"));
  site.drop("2_statements.lua", Site::script("for i = 1, 20000 do db.exec('UPDATE ran SET script = script') end"));
  site.drop("3_many.lua", Site::script(R"lua(
    local list = {}
    for i = 1, 300000 do list[i] = { i } end
    db.exec("CREATE TABLE big (x)")
    assert(db.executemany("INSERT INTO big VALUES (?)", list) == 300000))lua"));
  site.drop("4_wide.lua", Site::script(R"lua(
    local text = ("x"):rep(14 << 20)
    db.exec("CREATE TABLE wide (x)")
    db.exec("INSERT INTO wide VALUES (?)", text)
    assert(db.value("SELECT x FROM wide") == text))lua"));
  const core::RunReport report = site.run();
  for (const core::AttemptReport& attempt : report.scripts) CHECK(attempt.outcome.error == "");
  CHECK(report.counts.succeeded == 4);
#ifndef FETTLE_SANITIZED  // whose quarantine holds what was freed
  CHECK(site.history().latest("1_rows.lua")->measures.peak_memory < 64 * k_mib);
#endif
}

#ifndef FETTLE_SANITIZED
// By the program itself: a worker that this test forks begins with what the test holds.
TEST_CASE("limits: memory holds within a tenth, by whatever steps a script grows") {
  const Site site;
  constexpr std::uint64_t k_limit = 64 * k_mib;
  site.scratch.write(
      "config.toml",
      "[folders]\nscripts = \"pending\"\n[run]\nmemory = \"64MiB\"\n[databases.main]\nurl = \"sqlite:app.db\"\n");
  const std::vector<std::string> bodies = {
      "local t = {} for i = 1, 1e9 do t[i] = {} end",
      "local s = 'x' while true do s = s .. s end",
      "local t = {} for i = 1, 1e9 do t[i] = 'k' .. i end",
      "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100000) .. i end",
      "local t = {} for i = 1, 1e9 do t['k' .. i] = true end",
      "local t = {} while true do t = { t } end",
      "local t = {} for i = 1, 1e6 do t[i] = i end local s = table.concat(t, ('y'):rep(99))",
      "local t = {} while true do pcall(function() while true do t[#t + 1] = {} end end) end",
      "local t = {} while true do t[#t + 1] = db.query([[" + k_numbers + "]]) end"};
  site.drop("0.lua", Site::script());
  for (std::size_t index = 0; index < bodies.size(); ++index)
    site.drop(fmt::format("{}.lua", index + 1), Site::script(bodies[index]));
  const support::Ended ended =
      support::run({.command = {support::fettle_binary(), "run"}, .directory = site.scratch.path(), .environment = {}});
  CHECK(ended.status == 4);
  const auto recorded = [&](const std::string& column, std::size_t script) {
    return site.sql(fmt::format("SELECT {} FROM attempts WHERE script = '{}.lua'", column, script),
                    ".fettle/ledger.db");
  };
  const std::uint64_t base = std::stoull(recorded("peak_memory", 0));
  for (std::size_t script = 1; script <= bodies.size(); ++script) {
    CAPTURE(bodies[script - 1]);
    CHECK(recorded("cause", script) == "memory");
    CHECK(says(recorded("error", script), "the limit is 64 MiB ([run] memory raises it)"));
    const std::uint64_t peak = std::stoull(recorded("peak_memory", script)) - base;
    MESSAGE("peak: ", peak * 100 / k_limit, " % of the limit");
    CHECK(peak <= k_limit / 10 * 11);
    CHECK(peak >= k_limit / 10 * 6);
  }
}

TEST_CASE("limits: time holds within 250 ms, wherever a script is stuck") {
  const std::string endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
  for (const std::string& body :
       {std::string("while true do end"),
        std::string("local _ = ('a'):rep(60):match(('a?'):rep(60) .. ('a'):rep(60) .. 'b')"),
        std::string("for i = 1, 1e18 do local _ = (''):rep(1e9) end"), fmt::format("db.value([[{}]])", endless),
        // One call of a function, inside which SQLite never looks up.
        std::string("db.value([[SELECT instr(hex(zeroblob(4000000)) || 'b', hex(zeroblob(2000000)) || 'b')]])"),
        std::string("while true do log.info(('x'):rep(16000)) end"),
        std::string("while true do pcall(db.exec, 'SELECT 1') end"),
        std::string("for i = 1, 1e9 do db.exec('CREATE TEMP TABLE t' .. i .. ' (x)') end"),
        std::string("local t = {} for i = 1, 200 do t = { t, t } end do return { executed = true, t = t } end")}) {
    CAPTURE(body);
    Site site;
    constexpr std::chrono::milliseconds k_limit{400};
    site.config.run.timeout = k_limit;
    site.config.limits.result_depth = 200;
    site.config.limits.result_bytes = 8 * k_mib;
    site.drop("1_stuck.lua", Site::script(body));
    site.drop("2_good.lua", Site::script());
    const core::RunReport report = site.run();
    const core::AttemptReport& attempt = attempt_of(report, "1_stuck.lua");
    CHECK(attempt.outcome.kind == OutcomeKind::failed);
    MESSAGE(core::name(attempt.outcome.cause), " after ", attempt.duration.count() / 1000, " ms");
    CHECK(attempt.duration <= k_limit + std::chrono::milliseconds(250));
    CHECK(site.ran() == "2_good.lua");
  }
}

TEST_CASE("limits: time holds while another program has the database locked, and that is told as the time limit") {
  Site site;
  site.config.databases = {{"main", "sqlite:app.db?busy_timeout=20s"}};
  site.config.run.timeout = std::chrono::milliseconds(400);
  SQLite::Database other(site.scratch.path("app.db"), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  site.drop("1_waits.lua", Site::script());
  const core::RunReport report = site.run();
  const core::AttemptReport& attempt = attempt_of(report, "1_waits.lua");
  CHECK(core::name(attempt.outcome.cause) == "timeout");
  CHECK(says(attempt.outcome.error, "another process held it until the time limit was reached"));
  CHECK(attempt.duration <= std::chrono::milliseconds(650));
}
#endif

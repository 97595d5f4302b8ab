// batch{} on the built program and with real servers: each page is one commit with the place that it has come to, so
// that whatever dies, and whenever, each row is worked on once.
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include "support/engine.hpp"
#include "support/random_scripts.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

std::string executes(const std::string& body, const std::string& fields = "") {
  return "return { " + fields + " shouldRun = function() return true end, execute = function() " + body + " end }";
}

// Counts up a column in every row, by pages of this size.
std::string backfill(int size, const std::string& more = "") {
  return executes(fmt::format(R"lua(
    local done = batch{{
      name = "rows", query = "select id from things where id > 0", size = {}, throttle = false,
      rows = function(rows)
        local list = {{}}
        for n, row in ipairs(rows) do list[n] = {{ row.id }} end
        db.executemany("update things set amount = amount + 1 where id = ?", list)
      end, {}
    }}
    return {{ executed = true, message = done.rows .. " rows" }}
  )lua",
                              size, more));
}

void make_things(const Engine& engine, int rows) {
  engine.ask("create table things (id int primary key, amount int not null, name varchar(20))");
  const std::map<std::string, std::string> fill = {
      {"sqlite",
       "insert into things with recursive n (x) as (select 1 union all select x + 1 from n where x < {0}) select x, 0, "
       "'thing ' || x from n"},
      {"postgresql", "insert into things select n, 0, 'thing ' || n from generate_series(1, {0}) n"},
      {"mariadb", "insert into things select seq, 0, concat('thing ', seq) from seq_1_to_{0}"}};
  engine.ask(fmt::format(fmt::runtime(fill.at(engine.name)), rows));
  if (engine.name == "postgresql") engine.ask("alter table things owner to fettle");
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 900));
  return found;
}

json run_it(const Site& site, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"run", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const json report = site.fettle_json(arguments);
  REQUIRE(report.at("scripts").size() == 1);
  return report.at("scripts").at(0);
}

std::string amounts(const Engine& engine) {
  return engine.ask("select min(amount), max(amount), count(*) from things");
}

std::string each_once(const Engine& engine, int rows) {
  return fmt::format("1{0}1{0}{1}", engine.name == "mariadb" ? "\t" : "|", rows);
}

std::uint64_t pages(const Engine& engine) {
  const std::string count = engine.ask("select count(*) from " + std::string("things") + " where amount > 0");
  return std::stoull(count.empty() ? "0" : count);
}

bool has_begun(const Engine& engine) {
  return support::wait_until([&] { return pages(engine) > 0; });
}

}  // namespace

TEST_CASE("journey: a batch walks a table in pages, each committed, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 2500);
    site.write("fix-scripts/" + engine.name + ".lua", executes(R"lua(
      local seen = 0
      local done = batch{
        query = "select id, name from things where name <> ?", params = { "thing 7" }, size = 100, throttle = false,
        each = function(row)
          seen = seen + 1
          db.exec("update things set amount = amount + 1 where id = ? and name = ?", row.id, row.name)
        end,
      }
      assert(seen == 2499 and done.rows == 2499 and done.pages == 25 and not done.resumed, seen)
      for _, table in ipairs(db.tables()) do assert(not table:find("fettle")) end
      local good, said = pcall(db.exec, "update fettle_batches set done = 0")
      assert(not good and said:find("fettle_batches"), said)
      return { executed = true, rows = done.rows }
    )lua"));
    const json script = run_it(site);
    CHECK(script.at("error") == nullptr);
    REQUIRE(script.at("outcome") == "succeeded");
    CHECK(script.at("result").at("rows") == 2499);
    CHECK(script.at("result").at("batches").at(0).at("rows") == 2499);
    CHECK(engine.ask("select count(*) from things where amount = 1") == "2499");
    CHECK(engine.ask("select count(*) from fettle_batches") == "0");
    CHECK(engine.ask("select count(*) from fettle_receipts") == "1");
  }
}

TEST_CASE("journey: a batch that fails keeps its pages, and a retry goes on behind them, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 1000);
    const std::string name = engine.name + ".lua";
    const std::string body = R"lua(
      batch{ query = "select id from things", size = 100, throttle = false, each = function(row)
        if row.id == BAD then error("no such thing") end
        db.exec("update things set amount = amount + 1 where id = ?", row.id)
      end }
      return { executed = true }
    )lua";
    const auto with = [&body](const std::string& bad) {
      std::string text = body;
      return executes(text.replace(text.find("BAD"), 3, bad));
    };
    site.write("fix-scripts/" + name, with("450"));
    const json failed = run_it(site);
    CHECK(failed.at("outcome") == "failed");
    CHECK(has(failed.at("error"), "no such thing"));
    CHECK(has(failed.at("error"), "committed so far and kept: 4 pages (400 rows) of its batches"));
    CHECK(has(support::read_file(site.path("failed/" + name + ".error.txt")), "a retry goes on there"));
    CHECK(engine.ask("select count(*) from things where amount = 1") == "400");
    CHECK(engine.ask("select pages, done from fettle_batches") == (engine.name == "mariadb" ? "4\t400" : "4|400"));

    // A changed version goes on from there, and says so.
    std::filesystem::remove(site.path("failed/" + name));
    site.write("fix-scripts/" + name, with("-1"));
    const Ended ended = site.fettle({"-v", "run"});
    CHECK(ended.status == 0);
    CHECK(has(ended.out, "goes on behind 4 pages (400 rows)"));
    CHECK(has(ended.out, "the script was changed since"));
    CHECK(amounts(engine) == each_once(engine, 1000));
    CHECK(engine.ask("select count(*) from fettle_batches") == "0");
  }
}

TEST_CASE("journey: run --force and restart = true begin a batch anew") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  make_things(engine, 1000);
  const std::string failing =
      executes(R"lua(batch{ query = "select id from things", size = 100, throttle = false, each = function(row)
    if row.id == 450 then error("no") end db.exec("update things set amount = amount + 1 where id = ?", row.id) end }
    return { executed = true })lua");
  site.write("fix-scripts/001.lua", failing);
  CHECK(run_it(site).at("outcome") == "failed");
  CHECK(site.fettle({"retry", "001"}).status == 4);
  CHECK(engine.ask("select max(amount) from things") == "1");
  std::filesystem::rename(site.path("failed/001.lua"), site.path("fix-scripts/001.lua"));
  CHECK(run_it(site, {"--force"}).at("outcome") == "failed");
  CHECK(engine.ask("select max(amount) from things") == "2");
  std::string anew = failing;
  anew.replace(anew.find("size = 100"), 10, "size = 100, throttle = false, restart = true");
  std::filesystem::remove(site.path("failed/001.lua"));
  site.write("fix-scripts/001.lua", anew);
  CHECK(run_it(site).at("outcome") == "failed");
  CHECK(engine.ask("select max(amount) from things") == "3");
  CHECK(site.fettle({"retry", "001"}).status == 4);  // the same version goes on
  CHECK(engine.ask("select max(amount) from things") == "3");
}

TEST_CASE("journey: a bookmark that a version without batch{} left behind is not gone on with, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 300);
    const std::string name = "fix-scripts/" + engine.name + ".lua";
    site.write(name, executes(R"lua(batch{ name = "rows", query = "select id from things where id > 0", size = 100,
      throttle = false, each = function(row)
        if row.id == 250 then error("no") end
        db.exec("update things set amount = amount + 1 where id = ?", row.id)
      end } return { executed = true })lua"));
    CHECK(run_it(site).at("outcome") == "failed");
    std::filesystem::remove(site.path("failed/" + engine.name + ".lua"));
    site.write(name, executes("db.exec('update things set amount = 1') return { executed = true }"));
    CHECK(run_it(site).at("outcome") == "succeeded");
    CHECK(engine.ask("select count(*) from fettle_batches") == "1");
    site.write(name, backfill(100));
    CHECK(run_it(site).at("outcome") == "succeeded");
    CHECK(engine.ask("select count(*) from things where amount = 2") == "300");
    CHECK(has(site.fettle({"show", engine.name + ".lua"}).out, "has brought the script to its end since"));
    CHECK(engine.ask("select count(*) from fettle_batches") == "0");
  }
}

TEST_CASE("journey: rows that fail are undone alone and collected up to a limit, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 1000);
    const auto script = [](int errors) {
      return executes(fmt::format(R"lua(
        local done = batch{{ query = "select id from things", size = 100, throttle = false, errors = {}, each = function(row)
          db.exec("update things set amount = amount + 1 where id = ?", row.id)
          if row.id % 100 == 0 then db.exec("insert into things (id, amount) values (?, 0)", row.id) end
          if row.id % 100 == 50 then error({{ message = "odd" }}) end
        end }}
        return {{ executed = true, failed = done.failed }}
      )lua",
                                  errors));
    };
    site.write("fix-scripts/" + engine.name + "_1.lua", script(11));
    const json failed = run_it(site);
    CHECK(failed.at("outcome") == "failed");
    CHECK(has(failed.at("error"), "too many failures: 12 of 11 rows were to fail at most (errors = 11)"));
    CHECK(has(failed.at("error"), "5 pages (500 rows)"));
    CHECK(engine.ask("select count(*) from things where amount = 1") == "490");
    site.write("fix-scripts/" + engine.name + "_2.lua", script(100));
    const json good = run_it(site);
    CHECK(good.at("error") == nullptr);
    REQUIRE(good.at("outcome") == "succeeded");
    CHECK(good.at("result").at("failed") == 20);
    const json batch = good.at("result").at("batches").at(0);
    CHECK(batch.at("failures").size() == 20);
    CHECK(has(batch.at("failures").at(0), "id = 50: odd"));
    CHECK(engine.ask("select sum(amount) from things") == "1470");
  }
}

TEST_CASE("journey: next(cursor) does pages of anything, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 1000);
    const auto script = [](const std::string& stop) {
      return executes(R"lua(
        local done = batch{ name = "days", total = 10, size = 3, throttle = false, next = function(cursor, size)
          local day = cursor and cursor.day or 0
          assert(size == 3)
          if day == )lua" +
                      stop + R"lua( then error("stop") end
          if day == 10 then return nil end
          db.exec("update things set amount = amount + 1 where id between ? and ?", day * 100 + 1, day * 100 + 100)
          return { day = day + 1, words = "ä" }, 100
        end }
        return { executed = true, message = done.rows .. " " .. done.pages }
      )lua");
    };
    site.write("fix-scripts/" + engine.name + ".lua", script("4"));
    CHECK(has(run_it(site).at("error"), "4 pages (400 rows)"));
    std::filesystem::remove(site.path("failed/" + engine.name + ".lua"));
    site.write("fix-scripts/" + engine.name + ".lua", script("11"));
    const json good = run_it(site);
    CHECK(good.at("error") == nullptr);
    CHECK(good.at("message") == "1000 10");
    CHECK(amounts(engine) == each_once(engine, 1000));
  }
}

TEST_CASE("journey: a key of several columns, of texts and of bytes, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    const std::string bytes = engine.name == "postgresql" ? "bytea" : "varbinary(20)";
    engine.ask("create table pairs (tenant varchar(20), part " + bytes + ", n int, primary key (tenant, part))");
    if (engine.name == "postgresql") engine.ask("alter table pairs owner to fettle");
    site.write("fix-scripts/" + engine.name + ".lua", executes(R"lua(
      local rows = {}
      for n = 0, 99 do rows[#rows + 1] = { "tenant " .. n // 10, "\xff\xfe" .. string.char(n % 10 + 128), 0 } end
      db.executemany("insert into pairs values (?, ?, ?)", rows)
      local done = batch{ query = "select tenant, part from pairs", key = { "tenant", "part" }, size = 7, throttle = false,
        each = function(row)
          assert(db.exec("update pairs set n = n + 1 where tenant = ? and part = ?", row.tenant, row.part) == 1)
        end }
      assert(done.rows == 100 and done.pages == 15)
      return { executed = true }
    )lua"));
    CHECK(run_it(site).at("error") == nullptr);
    CHECK(engine.ask("select count(*) from pairs where n = 1") == "100");
  }
}

TEST_CASE("journey: what batch{} cannot do is refused in words") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  make_things(engine, 10);
  int number = 0;
  const auto error_of = [&](const std::string& body, const std::string& fields = "") {
    site.write(fmt::format("fix-scripts/{:03}.lua", ++number), executes(body + " return { executed = true }", fields));
    const json script = run_it(site);
    return script.at("error").is_null() ? std::string() : script.at("error").get<std::string>();
  };
  const std::string each = "each = function() end";
  CHECK(has(error_of("batch{ query = 'select id from things', " + each + " }", "transaction = false,"),
            "take the transaction = false out"));
  CHECK(has(error_of("batch{ querry = 'select 1', " + each + " }"), "did you mean `query`?"));
  CHECK(has(error_of("batch{ " + each + " }"), "batch needs a query"));
  CHECK(has(error_of("batch{ query = 'select 1' }"), "one function"));
  CHECK(has(error_of("batch{ query = 'select id from things', size = 0, " + each + " }"), "`size` of batch must be"));
  CHECK(has(error_of("batch{ query = 'select amount from things', key = 'amount', " + each + " }"), "the same key"));
  CHECK(has(error_of("batch{ query = 'select amount from things', " + each + " }"), "no id, or NULL"));
  CHECK(has(error_of("batch{ next = function(c) return 1 end }"), "it would never end"));
  CHECK(has(error_of("batch{ query = 'select id from things', each = function() batch{ next = print } end }"),
            "a batch inside a batch"));
  CHECK(has(error_of("batch{ next = function() end } batch{ next = function() end }"), "a name of its own"));
  site.write("fix-scripts/asks.lua",
             "return { shouldRun = function() batch{ next = print } end, execute = function() end }");
  CHECK(has(run_it(site).at("error"), "in execute() only"));
}

TEST_CASE("journey: maxRows counts the rows of all pages together") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  make_things(engine, 1000);
  std::string script = backfill(100);
  site.write("fix-scripts/001.lua", script.replace(script.find("return {"), 8, "return { maxRows = 250,"));
  const json failed = run_it(site);
  CHECK(failed.at("cause") == "rule");
  CHECK(has(failed.at("error"), "it changed 300 rows"));
  CHECK(engine.ask("select count(*) from things where amount = 1") == "200");
}

TEST_CASE("journey: the first signal ends a batch behind its page, and the next run goes on there, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 2000);
    site.write("fix-scripts/" + engine.name + ".lua", backfill(10, "pause = '20ms'"));
    Program run(site.launch({"run", "--json"}));
    REQUIRE(has_begun(engine));
    ::kill(run.pid(), SIGTERM);
    const Ended ended = run.wait(Seconds(30));
    CHECK(ended.status == 143);
    const json script = json::parse(ended.out).at("scripts").at(0);
    CHECK(script.at("outcome") == "interrupted");
    CHECK(has(script.at("reason"), "committed so far and kept"));
    CHECK(site.exists("fix-scripts/" + engine.name + ".lua"));
    const std::uint64_t done = pages(engine);
    CHECK(done % 10 == 0);
    CHECK(done < 2000);
    std::string quick = backfill(500);
    site.write("fix-scripts/" + engine.name + ".lua", quick);
    CHECK(run_it(site).at("outcome") == "succeeded");
    CHECK(amounts(engine) == each_once(engine, 2000));
  }
}

TEST_CASE("journey: a batch is paused, resumed and cancelled between pages, and others can write meanwhile") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 4000);
    site.write("fix-scripts/" + engine.name + ".lua", backfill(10, "pause = '10ms'"));
    Program run(site.launch({"run", "--json"}));
    REQUIRE(has_begun(engine));
    CHECK(site.fettle({"pause", "--reason", "busy hours"}).status == 0);
    std::uint64_t before = 0;
    REQUIRE(support::wait_until([&] {
      const std::uint64_t now = pages(engine);
      ::usleep(300'000);
      before = pages(engine);
      return now == before;
    }));
    engine.ask("update things set name = 'by hand' where id = 1");  // no transaction holds the row, or the file
    CHECK(pages(engine) == before);
    CHECK(site.fettle({"resume"}).status == 0);
    REQUIRE(support::wait_until([&] { return pages(engine) > before; }));
    CHECK(site.fettle({"cancel"}).status == 0);
    const Ended ended = run.wait(Seconds(30));
    const json script = json::parse(ended.out).at("scripts").at(0);
    CHECK(script.at("outcome") == "interrupted");
    CHECK(has(script.at("reason"), "cancelled"));
    CHECK(has(script.at("reason"), "committed so far and kept"));
    CHECK(pages(engine) >= before);
    CHECK(pages(engine) % 10 == 0);
    std::filesystem::remove(site.path("fix-scripts/" + engine.name + ".lua"));
  }
}

TEST_CASE("journey: a preview of a batch commits no page and leaves no table of batches, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    support::use(site, engine);
    make_things(engine, 1000);
    const std::string name = engine.name + ".lua";
    site.write("fix-scripts/" + name, backfill(100));
    const json script = run_it(site, {"--dry-run"});
    CHECK(script.at("error") == nullptr);
    CHECK(script.at("outcome") == "succeeded");
    CHECK(script.at("message") == "1000 rows");
    CHECK(pages(engine) == 0);
    CHECK(site.exists("fix-scripts/" + name));
    const std::string tables =
        engine.name == "sqlite"
            ? "select count(*) from sqlite_schema where name = 'fettle_batches'"
            : "select count(*) from information_schema.tables where table_name = 'fettle_batches' and table_schema = " +
                  std::string(engine.name == "mariadb" ? "database()" : "current_schema()");
    CHECK(engine.ask(tables) == "0");
    std::filesystem::remove(site.path("fix-scripts/" + name));
  }
}

TEST_CASE("journey: a batch is not run by a plan that a preview made, since its pages would come before its end") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  make_things(engine, 1000);
  site.write("fix-scripts/001.lua", backfill(100));
  const std::string run = std::to_string(site.fettle_json({"run", "--json", "--dry-run"}).at("run").get<int>());
  const json script = run_it(site, {"--plan", run});
  CHECK(script.at("outcome") == "failed");
  CHECK(has(script.at("error"), "cannot be kept to what a preview showed"));
  CHECK(pages(engine) == 0);
}

TEST_CASE("journey: the time limit of a script holds for each page of its batch") {
  const Site site;
  const Engine engine = support::sqlite_engine(site);
  make_things(engine, 40);
  const std::string slow = "pause = '200ms', total = false";
  std::string script = backfill(10, slow);
  site.write("fix-scripts/001.lua", script.replace(script.find("return {"), 8, "return { timeout = '500ms',"));
  CHECK(run_it(site).at("outcome") == "succeeded");
  CHECK(amounts(engine) == each_once(engine, 40));
  site.write("fix-scripts/002.lua",
             executes("batch{ query = 'select id from things', size = 10, throttle = false, each = function(row) "
                      "db.exec('update things "
                      "set amount = 2 where id = ?', row.id) while row.id > 25 do end end } return { executed = true }",
                      "timeout = '500ms',"));
  const json failed = run_it(site);
  CHECK(failed.at("cause") == "timeout");
  CHECK(has(failed.at("error"), "2 pages (20 rows)"));
}

// --- kills
// -------------------------------------------------------------------------------------------------------------

namespace {

double seconds_of(const std::chrono::steady_clock::time_point& start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A backfill during which one of its processes is killed again and again; each run goes on where the one before was.
void kill_at_random(const Site& site, const Engine& engine, int rows, int size, std::size_t kills) {
  support::use(site, engine);
  make_things(engine, rows);
  site.write("fix-scripts/" + engine.name + "_calm.lua", backfill(size, "pause = 0"));
  auto start = std::chrono::steady_clock::now();
  REQUIRE(run_it(site).at("outcome") == "succeeded");
  const double calm = seconds_of(start);
  CHECK(amounts(engine) == each_once(engine, rows));

  engine.ask("update things set amount = 0");
  site.write("fix-scripts/" + engine.name + "_killed.lua", backfill(size, "pause = 0"));
  std::mt19937 random(static_cast<unsigned>(rows));
  std::size_t done = 0;
  int in_vain = 0;
  std::uint64_t reached = 0;
  std::map<std::string, int> outcomes;
  start = std::chrono::steady_clock::now();
  const auto slice = calm / static_cast<double>(kills);
  while (site.exists("fix-scripts/" + engine.name + "_killed.lua")) {
    Program run(site.launch({"run"}));
    // Three kills in a row that let nothing be committed would end it: after two, a page is waited for.
    if (in_vain == 2) support::wait_until([&] { return pages(engine) > reached || run.is_over(); });
    while (done < kills && !run.is_over()) {  // some of its processes it can do without
      const double after = slice * (0.1 + 0.9 * static_cast<double>(random() % 1000) / 1000.0);
      if (support::wait_until([&] { return run.is_over(); }, Seconds(after))) break;
      std::vector<pid_t> victims = {run.pid()};  // the runner, the zygote, the broker and the workers
      for (const pid_t zygote : support::children_of(run.pid())) {
        victims.push_back(zygote);
        for (const pid_t process : support::children_of(zygote)) victims.push_back(process);
      }
      ::kill(victims[random() % victims.size()], SIGKILL);
      ++done;
    }
    ++outcomes[fmt::format("exit {}", run.wait(Seconds(600)).status)];
    const std::uint64_t now = pages(engine);
    in_vain = now > reached ? 0 : in_vain + 1;
    reached = now;
    REQUIRE(!site.exists("failed/" + engine.name + "_killed.lua"));
  }
  const double killed = seconds_of(start);
  CHECK(done > 0);
  CHECK(amounts(engine) == each_once(engine, rows));
  CHECK(engine.ask("select count(*) from fettle_batches") == "0");
  std::string text;
  for (const auto& [outcome, times] : outcomes) text += fmt::format("{}: {} times, ", outcome, times);
  MESSAGE(engine.name, ": ", rows, " rows in pages of ", size, ": ", calm, " s without, ", killed, " s with ", done,
          " kills (", text, ")");
}

}  // namespace

TEST_CASE("journey: a batch is killed again and again, and each row is changed once, over every engine") {
  const Site site;
  for (const Engine& engine : support::engines(site)) {
    CAPTURE(engine.name);
    const bool is_near = engine.name == "sqlite";
    kill_at_random(site, engine, static_cast<int>(support::number_of("FETTLE_BATCH_ROWS", is_near ? 50'000 : 20'000)),
                   200, support::number_of("FETTLE_BATCH_KILLS", is_near ? 20 : 8));
  }
}

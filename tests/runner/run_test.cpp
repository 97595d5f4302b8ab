#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "os/clock.hpp"
#include "os/lock.hpp"
#include "runner/retry.hpp"
#include "runner/run_fixture.hpp"
#include "runner/run_lock.hpp"
#include "support/child.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"

using core::Cause;
using core::OutcomeKind;
using support::attempt_of;
using support::says;
using support::Seconds;
using support::Site;

namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

#ifdef FETTLE_SANITIZED
constexpr std::chrono::milliseconds k_slack{3000};
#else
constexpr std::chrono::milliseconds k_slack{250};
#endif

const std::string k_endless = "log.info('now') while true do end";

bool has_open(pid_t process, const std::string& path) {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd", gone))
    if (fs::read_symlink(entry.path(), gone) == path) return true;
  return false;
}

std::string program_of(const std::string& process) {
  std::error_code gone;
  return fs::read_symlink("/proc/" + process + "/exe", gone).string();
}

// The helper processes of the run that goes on: children of its zygote, which is a child of this process, as are the
// servers of other tests, which have children too.
std::vector<pid_t> helpers() {
  std::vector<pid_t> all;
  for (const pid_t zygote : support::children_of(::getpid())) {
    if (program_of(std::to_string(zygote)) != program_of("self")) continue;
    for (const pid_t process : support::children_of(zygote)) all.push_back(process);
  }
  return all;
}

// The helper of which this holds is killed. A number below 1 would reach every process there is.
void kill_helper(const std::function<bool(pid_t)>& is_meant) {
  pid_t found = 0;
  support::wait_until([&] {
    for (const pid_t process : helpers())
      if (is_meant(process)) found = process;
    return found > 0;
  });
  REQUIRE(found > 0);
  REQUIRE(::kill(found, SIGKILL) == 0);
}

void end(pid_t child) {
  REQUIRE(child > 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("one of each outcome: files, ledger, database and counts tell the same story") {
  Site site;
  site.drop("1_good.lua", Site::script("db.exec('INSERT INTO ran VALUES (?)', 'more') log.info('hi')"));
  site.drop("2_no.lua", Site::script("", "return false"));
  site.drop("3_raises.lua", Site::script("error('oh')"));
  site.drop("4_false.lua", Site::script("do return { executed = false, error = 'nope' } end"));
  site.drop("5_skips.lua", Site::script("skip('not today')"));
  site.drop("6_contract.lua", Site::script("do return 5 end"));
  site.drop("7_syntax.lua", "return {");
  const core::RunReport report = site.run();
  CHECK(report.counts.succeeded == 1);
  CHECK(report.counts.skipped == 2);
  CHECK(report.counts.failed == 4);
  CHECK(core::exit_code(report) == 4);
  CHECK(site.ran() == "1_good.lua more");
  CHECK(attempt_of(report, "3_raises.lua").outcome.cause == Cause::error);
  CHECK(says(attempt_of(report, "3_raises.lua").outcome.error, "3_raises.lua:3: oh"));
  CHECK(attempt_of(report, "4_false.lua").outcome.error == "nope");
  CHECK(attempt_of(report, "5_skips.lua").outcome.reason == "not today");
  CHECK(attempt_of(report, "6_contract.lua").outcome.cause == Cause::contract);
  CHECK(attempt_of(report, "7_syntax.lua").outcome.cause == Cause::syntax);
  CHECK(site.scratch.list("pending").empty());
  CHECK(site.scratch.list("done") == Strings{"1_good.lua", "2_no.lua", "5_skips.lua"});
  CHECK(site.scratch.list("failed").size() == 8);
  CHECK(says(site.scratch.read("failed/3_raises.lua.error.txt"), "oh"));
  CHECK(site.seen.ended.size() == 7);
  CHECK(site.seen.runs_started == 1);
  CHECK(site.seen.runs_ended == 1);

  const ledger::History history = site.history();
  const auto good = history.latest("1_good.lua");
  REQUIRE(good);
  CHECK(good->ended_as == OutcomeKind::succeeded);
  CHECK(good->measures.statements == 2);
  CHECK(good->measures.rows_changed == 2);
  CHECK(good->measures.peak_memory > 0);
  CHECK(says(good->measures.worker_sandbox, "seccomp"));
  CHECK(good->moved_to == "done/1_good.lua");
  CHECK(good->database == "main");
  CHECK(good->by == "anna");
  REQUIRE(history.lines(good->id).size() == 1);
  CHECK(history.lines(good->id)[0].text == "hi");
  CHECK(history.text(good->sha256) == site.scratch.read("done/1_good.lua"));
  const auto raised = history.latest("3_raises.lua");
  REQUIRE(raised);
  CHECK(says(raised->outcome.traceback, "3_raises.lua:3"));
  CHECK(history.last_run()->exit_code == 4);
}

TEST_CASE("nothing pending: nothing is recorded, and that is fine") {
  Site site;
  const core::RunReport report = site.run();
  CHECK(report.run == 0);
  CHECK(core::exit_code(report) == 0);
  CHECK(site.seen.runs_ended == 1);
  CHECK_FALSE(site.history().last_run());
}

TEST_CASE("without any database a script is told so, and nothing crashes") {
  Site site;
  site.config.databases.clear();
  site.drop("1.lua", Site::script());
  const core::RunReport report = site.run();
  REQUIRE(report.scripts.size() == 1);
  CHECK(report.scripts[0].outcome.kind != OutcomeKind::succeeded);
  CHECK(core::exit_code(report) != 0);
}

TEST_CASE("a log without end is cut, and the record says so") {
  Site site;
  site.drop("1_many.lua", Site::script("for i = 1, 20000 do log.info('line %d', i) end"));
  site.drop("2_big.lua", Site::script("for i = 1, 200 do log.info(('x'):rep(16000)) end"));
  const core::RunReport report = site.run();
  CHECK(report.counts.succeeded == 2);
  const ledger::History history = site.history();
  const auto many = history.lines(history.latest("1_many.lua")->id);
  CHECK(many.size() == 10'000);
  CHECK(says(many.back().text, "the log is full"));
  std::size_t bytes = 0;
  const auto big = history.lines(history.latest("2_big.lua")->id);
  for (const ledger::LogLine& line : big) bytes += line.text.size();
  CHECK(bytes < std::size_t{1100} << 10U);
  CHECK(says(big.back().text, "the log is full"));
}

TEST_CASE("a script is stopped at the time limit wherever it is, and the next one runs") {
  const std::string endless_sql =
      "db.value('WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n')";
  for (const std::string& text :
       {std::string("while true do end"), Site::script("", "while true do end"), Site::script("while true do end"),
        Site::script("", endless_sql), Site::script(endless_sql), Site::script("while true do log.info('x') end"),
        Site::script("while true do pcall(db.value, 'SELECT 1') end"),
        Site::script("local _ = ('a'):rep(60):match(('a?'):rep(60) .. ('a'):rep(60) .. 'b')")}) {
    CAPTURE(text);
    Site site;
    site.config.run.timeout = std::chrono::milliseconds(300);
    site.drop("1_endless.lua", text);
    const core::RunReport report = site.run();
    const core::AttemptReport& attempt = attempt_of(report, "1_endless.lua");
    CHECK(attempt.outcome.kind == OutcomeKind::failed);
    CHECK(attempt.outcome.cause == Cause::timeout);
    CHECK(says(attempt.outcome.error, "time limit of 300 ms"));
    CHECK(attempt.duration < std::chrono::milliseconds(300) + k_slack);
    CHECK(site.ran().empty());
    site.config.run.timeout = std::chrono::seconds(30);
    site.drop("2_good.lua", Site::script());
    CHECK(site.run().counts.succeeded == 1);
    CHECK(site.ran() == "2_good.lua");
  }
}

TEST_CASE("a worker killed from outside is a crash of its script, and the next one succeeds") {
  Site site;
  site.drop("1_endless.lua", Site::script(k_endless));
  site.drop("2_good.lua", Site::script());
  site.seen.on_line = [](std::string_view) {
    kill_helper([](pid_t process) { return support::processor_time(process) > Seconds(0.1); });
  };
  const core::RunReport report = site.run();
  CHECK(attempt_of(report, "1_endless.lua").outcome.cause == Cause::crash);
  CHECK(says(attempt_of(report, "1_endless.lua").outcome.error, "killed from outside"));
  CHECK(attempt_of(report, "2_good.lua").outcome.kind == OutcomeKind::succeeded);
  CHECK(site.ran() == "2_good.lua");
}

TEST_CASE("a broker killed from outside fails its script, commits nothing, and a new one serves the next") {
  if (!support::is_root()) return support::skip("only root sees what a locked-down process has open");
  Site site;
  site.drop("1_stopped.lua", Site::script("log.info('now') for i = 1, 1e9 do db.value('SELECT 1') end"));
  site.drop("2_good.lua", Site::script());
  const std::string database = fs::canonical(site.scratch.path("app.db")).string();
  site.seen.on_line = [&](std::string_view) {
    kill_helper([&](pid_t process) { return has_open(process, database); });
  };
  const core::RunReport report = site.run();
  CHECK(attempt_of(report, "1_stopped.lua").outcome.kind == OutcomeKind::failed);
  CHECK(attempt_of(report, "2_good.lua").outcome.kind == OutcomeKind::succeeded);
  CHECK(site.ran() == "2_good.lua");
  CHECK(site.sql("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a second run is told whose run holds the lock; nothing of it happens") {
  Site site;
  site.drop("1_slow.lua", Site::script("log.info('now')"));
  std::optional<base::Error> refused;
  site.seen.on_line = [&](std::string_view) {
    support::Recorder other;
    runner::RunRequest impatient;
    impatient.wait = std::chrono::milliseconds(100);
    try {
      runner::run(site.config, impatient, other);
    } catch (const base::Error& fault) {
      refused = fault;
    }
    CHECK(other.waits.size() == 1);
    CHECK(other.runs_started == 0);
  };
  CHECK(site.run().counts.succeeded == 1);
  REQUIRE(refused);
  CHECK(refused->kind() == base::ErrorKind::lock_held);
  CHECK(base::exit_code(refused->kind()) == 5);
  CHECK(says(refused->what(), "run 1 by anna"));
  CHECK(says(refused->what(), "process " + std::to_string(::getpid())));
  CHECK(says(refused->what(), "working on 1_slow.lua"));
  CHECK_FALSE(refused->next().empty());
}

TEST_CASE("a run that may wait begins when the other one ends") {
  Site site;
  site.drop("1.lua", Site::script());
  auto lock = std::optional<os::Fd>(runner::take_run_lock(site.config, {}, nullptr));
  const pid_t holder = ::fork();
  REQUIRE(holder >= 0);
  if (holder == 0)
    for (;;) ::pause();  // holds the lock by its copy of the descriptor
  lock.reset();
  CHECK(site.error()->kind() == base::ErrorKind::lock_held);
  site.request.wait = std::chrono::seconds(20);
  class Killer final : public core::Observer {
   public:
    explicit Killer(pid_t process) : process_(process) {}
    int waits = 0, succeeded = 0;
    void run_started(const core::RunReport&, std::size_t) override {}
    void script_started(std::string_view, std::size_t, std::size_t) override {}
    void script_line(core::LineLevel, std::string_view) override {}
    void script_ended(const core::AttemptReport&) override { ++succeeded; }
    void warning(std::string_view) override {}
    void waiting(std::string_view) override {
      ++waits;
      end(process_);
    }
    void run_ended(const core::RunReport&) override {}

   private:
    pid_t process_;
  } killer(holder);
  CHECK(runner::run(site.config, site.request, killer).counts.succeeded == 1);
  CHECK(killer.waits == 1);
}

TEST_CASE("shouldRun() may log before it asks the database, however early the next script is looked at") {
  Site site;
  site.config.run.timeout = std::chrono::seconds(5);
  for (int number = 10; number < 60; ++number)
    site.drop(std::to_string(number) + ".lua",
              Site::script("", "log.info('asked') return db.value('SELECT count(*) FROM ran') == " +
                                   std::to_string(number - 10)));
  const core::RunReport report = site.run();
  CHECK(report.counts.succeeded == 50);
  CHECK(site.sql("SELECT count(*) FROM ran") == "50");
  CHECK(site.history().lines(attempt_of(report, "37.lua").attempt).size() == 1);
}

TEST_CASE("rows behind one that failed are not executed, also when the function that gives them uses the database") {
  Site site;
  site.sql("CREATE TABLE outer_rows (n INTEGER UNIQUE, text TEXT)");
  site.sql("CREATE TABLE inner_rows (n INTEGER UNIQUE)");
  site.drop("1.lua", Site::script(R"lua(
    local function outer(from, failing)
      local n = 0
      return pcall(db.executemany, 'INSERT INTO outer_rows VALUES (?, ?)', function()
        n = n + 1
        if n == 20 then pcall(db.executemany, 'INSERT INTO inner_rows VALUES (?)', {{ failing and from + n or 1 }, { 1 }}) end
        if n <= 40 then return { failing and n == 3 and from + 1 or from + n, ('x'):rep(10000) } end
      end)
    end
    assert(not outer(0, true))
    assert(db.value('SELECT max(n) FROM outer_rows') < 20, 'rows behind the failed one were executed')
    assert(outer(100, false))
    assert(db.value('SELECT count(*) FROM outer_rows WHERE n > 100') == 40, 'good rows were passed over')
  )lua"));
  const core::RunReport report = site.run();
  CHECK(report.counts.succeeded == 1);
  CHECK(attempt_of(report, "1.lua").outcome.error == "");
}

TEST_CASE("nothing goes ahead while who reads what is told stands still") {
  Site site;
  for (const char* name : {"1.lua", "2.lua", "3.lua"}) site.drop(name, Site::script());
  SQLite::Database other(site.scratch.path("app.db"), SQLite::OPEN_READWRITE);
  site.seen.stands_still = true;
  int free = 0;
  site.seen.on_end = [&](const core::AttemptReport&) {  // the next one holds no lock
    other.exec("BEGIN IMMEDIATE");
    other.exec("ROLLBACK");
    ++free;
  };
  CHECK(site.run().counts.succeeded == 3);
  CHECK(free == 3);
}

TEST_CASE("who only asks whether a run goes on never makes one fail") {
  Site site;
  site.run();
  const std::string folder = site.scratch.path(".fettle");
  const pid_t asking = ::fork();
  REQUIRE(asking >= 0);
  if (asking == 0)
    for (;;) os::is_locked(folder);
  for (int count = 0; count < 300; ++count) CHECK_NOTHROW(runner::take_run_lock(site.config, {}, nullptr));
  end(asking);
}

TEST_CASE("a file that is deleted, replaced or edited while its script runs is never lost") {
  Site site;
  site.drop("1_deleted.lua", Site::script("log.info('1_deleted.lua')"));
  site.drop("2_replaced.lua", Site::script("log.info('2_replaced.lua')"));
  site.drop("3_edited.lua", Site::script("log.info('3_edited.lua')"));
  site.seen.on_line = [&](std::string_view name) {
    const std::string path = "pending/" + std::string(name);
    if (name == "1_deleted.lua") site.scratch.remove(path);
    if (name == "2_replaced.lua") {
      site.scratch.write("new", Site::script("-- new"));
      site.scratch.rename("new", path);
    }
    if (name == "3_edited.lua") site.scratch.append(path, "-- edited");
  };
  const core::RunReport report = site.run();
  CHECK(report.counts.succeeded == 3);
  for (const core::AttemptReport& attempt : report.scripts) CHECK(attempt.moved_to.empty());
  CHECK(site.seen.warned("1_deleted.lua was deleted while it ran"));
  CHECK(site.seen.warned("2_replaced.lua was replaced while it ran"));
  CHECK(site.seen.warned("3_edited.lua was replaced while it ran"));
  CHECK(site.scratch.list("pending") == Strings{"2_replaced.lua", "3_edited.lua"});
  CHECK(site.ran() == "1_deleted.lua 2_replaced.lua 3_edited.lua");
}

TEST_CASE("a script that vanishes before its turn is a warning, and the others run") {
  Site site;
  site.drop("1.lua", Site::script());
  site.drop("2.lua", Site::script());
  site.seen.on_start = [&](std::string_view name) {
    if (name == "1.lua") site.scratch.remove("pending/2.lua");
  };
  CHECK(site.run().counts.succeeded == 1);
  CHECK(site.seen.warned("2.lua is gone"));
}

TEST_CASE("with no database to be had every script stays, and the exit code says why") {
  Site site;
  site.config.databases = {{"main", "sqlite:absent.db"}};
  site.drop("1.lua", Site::script());
  site.drop("2.lua", Site::script());
  const core::RunReport report = site.run();
  CHECK(report.counts.blocked == 2);
  CHECK(core::exit_code(report) == 6);
  CHECK(says(report.scripts[0].outcome.reason, "there is no database file"));
  CHECK(site.scratch.list("pending") == Strings{"1.lua", "2.lua"});
  CHECK(site.history().attempts({}).empty());
  CHECK(site.history().last_run()->exit_code == 6);
}

TEST_CASE("one of several databases is gone: its scripts stay, the others run") {
  Site site;
  site.sql("CREATE TABLE far (x)", "other.db");
  site.sql("INSERT INTO far VALUES (42)", "other.db");
  site.config.databases.push_back({"other", "sqlite:other.db"});
  site.config.databases.push_back({"gone", "sqlite:gone.db"});
  site.drop("1_reads.lua", Site::script("assert(databases.other.value('SELECT x FROM far') == 42)"));
  site.drop("2_writes.lua", Site::script("databases.other.exec('DELETE FROM far')"));
  site.drop("3_gone.lua", "return { database = 'gone', shouldRun = function() return true end, execute = print }");
  site.drop("4_own.lua",
            "return { database = 'other', shouldRun = function() return true end, execute = function() "
            "return { executed = true, n = db.exec('UPDATE far SET x = 43') } end }");
  site.drop("5_wrong.lua", "return { database = 'othr', shouldRun = function() return true end, execute = print }");
  const core::RunReport report = site.run();
  CHECK(attempt_of(report, "1_reads.lua").outcome.kind == OutcomeKind::succeeded);
  CHECK(says(attempt_of(report, "2_writes.lua").outcome.error, "only reading is allowed"));
  CHECK(attempt_of(report, "3_gone.lua").outcome.kind == OutcomeKind::blocked);
  CHECK(attempt_of(report, "3_gone.lua").outcome.cause == Cause::unreachable);
  CHECK(attempt_of(report, "4_own.lua").outcome.result == R"({"n":1})");
  CHECK(says(attempt_of(report, "5_wrong.lua").outcome.error, "did you mean other?"));
  CHECK(site.sql("SELECT x FROM far", "other.db") == "43");
  CHECK(site.ran() == "1_reads.lua");
  CHECK(site.scratch.list("pending") == Strings{"3_gone.lua"});
}

TEST_CASE("a skipped script stays and is asked again where that is wanted") {
  Site site;
  site.config.run.skipped = core::Skipped::keep;
  site.drop("1.lua", Site::script("", "return db.value('SELECT count(*) FROM ran') > 0"));
  CHECK(site.run().counts.skipped == 1);
  CHECK(site.scratch.list("pending") == Strings{"1.lua"});
  site.sql("INSERT INTO ran VALUES ('x')");
  CHECK(site.run().counts.succeeded == 1);
  CHECK(site.scratch.list("pending").empty());
}

TEST_CASE("dropped again: the same bytes are skipped, other bytes run or are held, force runs both") {
  Site site;
  site.drop("1.lua", Site::script());
  CHECK(site.run().counts.succeeded == 1);
  site.drop("1.lua", Site::script());
  core::RunReport report = site.run();
  CHECK(report.counts.skipped == 1);
  CHECK(says(report.scripts[0].outcome.reason, "already applied in attempt 1"));
  CHECK(site.scratch.list("done") == Strings{"1.2.lua", "1.lua"});
  site.config.run.changed = core::Changed::hold;
  site.drop("1.lua", Site::script("-- two"));
  report = site.run();
  CHECK(report.counts.blocked == 1);
  CHECK(core::exit_code(report) == 8);
  CHECK(site.scratch.list("pending") == Strings{"1.lua"});
  site.config.run.changed = core::Changed::run;
  report = site.run();
  CHECK(report.counts.succeeded == 1);
  CHECK(says(report.scripts[0].note, "changed since"));
  site.drop("1.lua", Site::script());
  site.request.force = core::Force::yes;
  CHECK(site.run().counts.succeeded == 1);
  CHECK(site.ran() == "1.lua 1.lua 1.lua");
}

TEST_CASE("a repeatable script runs each time it is dropped") {
  Site site;
  const std::string text =
      "return { repeatable = true, shouldRun = function() return true end, execute = function() "
      "db.exec('INSERT INTO ran VALUES (?)', 'again') return { executed = true } end }";
  for (int round = 0; round < 3; ++round) {
    site.drop("1.lua", text);
    CHECK(site.run().counts.succeeded == 1);
  }
  CHECK(site.ran() == "again again again");
}

TEST_CASE("stop on failure leaves the rest untried and says how many") {
  Site site;
  site.request.on_failure = core::OnFailure::stop;
  site.drop("1.lua", Site::script("error('x')"));
  site.drop("2.lua", Site::script());
  site.drop("3.lua", Site::script());
  CHECK(core::exit_code(site.run()) == 4);
  CHECK(site.seen.warned("2 scripts not tried"));
  CHECK(site.scratch.list("pending") == Strings{"2.lua", "3.lua"});
}

TEST_CASE("chosen scripts run in the order of the folder, and an unknown one stops everything") {
  Site site;
  for (const char* name : {"1_a.lua", "2_b.lua", "3_c.lua"}) site.drop(name, Site::script());
  site.request.choice.scripts = {"3", "pending/1_a.lua"};
  CHECK(site.run().counts.succeeded == 2);
  CHECK(site.ran() == "1_a.lua 3_c.lua");
  site.request.choice.scripts = {"2_bb"};
  CHECK(site.error()->kind() == base::ErrorKind::usage);
  CHECK(says(site.error()->what(), "did you mean 2_b"));
}

TEST_CASE("a database that another program holds locked fails the script as locked, and it can be retried") {
  Site site;
  site.drop("1.lua", Site::script());
  SQLite::Database other(site.scratch.path("app.db"), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  const core::RunReport report = site.run();
  CHECK(report.scripts[0].outcome.kind == OutcomeKind::failed);
  CHECK(report.scripts[0].outcome.cause == Cause::locked);
  other.exec("ROLLBACK");
  CHECK(runner::requeue(site.config, {{"1"}, false, "bert", "free now"}) == Strings{"1.lua"});
  CHECK(site.run().counts.succeeded == 1);
}

TEST_CASE("what one script leaves in the connection the next one does not meet") {
  Site site;
  site.drop("1.lua", Site::script("db.exec('CREATE TEMP TABLE mine (x)') db.exec('CREATE TEMP TRIGGER spy AFTER INSERT "
                                  "ON ran BEGIN DELETE FROM ran; END')"));
  site.drop("2.lua", Site::script("assert(not pcall(db.query, 'SELECT * FROM mine'))"));
  CHECK(site.run().counts.succeeded == 2);
  CHECK(site.ran() == "1.lua 2.lua");
}

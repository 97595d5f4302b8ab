#include "target/broker.hpp"

#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "os/lockdown.hpp"
#include "support/child.hpp"
#include "target/broker_bench.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Cause;
using core::Done;
using support::BrokerBench;
using support::Journal;
using support::says;
using support::TargetFile;

namespace {

namespace fs = std::filesystem;

// The database lies where everything else lies too: ledger and scripts.
struct Crowded : TargetFile {
  explicit Crowded(Journal journal = Journal::rollback) : TargetFile(journal) {
    scratch().write("ledger.db", "the ledger");
    scratch().write("fix-scripts/001_a.lua", "a script");
  }
  core::BrokerSettings settings() const {
    return {scratch().path(), scratch().path("ledger.db"), {{"main", "sqlite:app.db?busy_timeout=2s"}}};
  }
};

std::int64_t number_in(const core::Rows& rows) {
  return std::get<std::int64_t>(rows.rows.at(0).at(0));
}

}  // namespace

TEST_CASE("a locked-down broker commits to a database beside the ledger, and others may write between") {
  for (const Journal journal : {Journal::rollback, Journal::wal}) {
    const Crowded file(journal);
    BrokerBench broker(file.settings());
    REQUIRE(broker.ready.databases.size() == 1);
    CHECK(broker.ready.databases[0].fault.empty());
    CHECK(broker.ready.level.seccomp);
    CHECK(broker.ready.level.landlock_abi == os::landlock_version());
    for (int round = 1; round <= 3; ++round) {
      REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
      CHECK(broker.exec("INSERT INTO t (name) VALUES ('inside' || (SELECT count(*) FROM t))") == "no fault");
      const Done done = broker.finish(true);
      CHECK(done.word == Done::Word::committed);
      CHECK(done.statements == 1);
      CHECK(done.rows_changed == 1);
      CHECK(file.outside("SELECT count(*) FROM t") == std::to_string(2 * round - 1));
      file.outside("INSERT INTO t (name) VALUES ('outside' || (SELECT count(*) FROM t))");
    }
    REQUIRE(broker.begin("main", Access::read).cause == Cause::none);
    CHECK(number_in(broker.rows("SELECT count(*) FROM t")) == 6);
    CHECK(broker.finish(false).word == Done::Word::rolled_back);
    CHECK(broker.end() == 0);
    // The file alone is the whole database, whatever companions of a WAL the lock-down has left.
    fs::copy_file(file.path(), file.scratch().path("copy.db"));
    SQLite::Database copy(file.scratch().path("copy.db"), SQLite::OPEN_READWRITE);
    CHECK(copy.execAndGet("SELECT count(*) FROM t").getInt() == 6);
    CHECK_FALSE(file.scratch().exists("app.db-journal"));
    CHECK(file.outside("PRAGMA journal_mode") == (journal == Journal::wal ? "wal" : "delete"));
    CHECK(file.outside("PRAGMA integrity_check") == "ok");
  }
}

TEST_CASE("a large transaction needs no temporary file: sorting, indexing, spilling, rolling back") {
  const Crowded file;
  BrokerBench broker(file.settings());
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  CHECK(broker.exec("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 60000) INSERT INTO t "
                    "SELECT x, hex(x * 7919 % 60013) || printf('%.200c', 'x') FROM n") == "no fault");
  CHECK(broker.exec("CREATE INDEX by_name ON t (name DESC)") == "no fault");
  CHECK(broker.exec("UPDATE OR IGNORE t SET name = name || 'y'") == "no fault");
  CHECK(number_in(broker.rows("SELECT count(*) FROM (SELECT DISTINCT substr(name, 3) FROM t ORDER BY 1)")) > 1000);
  CHECK(broker.finish(true).word == Done::Word::committed);
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  CHECK(broker.exec("DELETE FROM t WHERE id % 2 = 0") == "no fault");
  CHECK(broker.finish(false).word == Done::Word::rolled_back);
  CHECK(file.outside("SELECT count(*) FROM t") == "60000");
  CHECK(file.outside("PRAGMA integrity_check") == "ok");
  CHECK(broker.end() == 0);
}

TEST_CASE("what another program left half written is rolled back by a locked-down broker") {
  const Crowded file;
  file.outside("INSERT INTO t (name) VALUES ('kept')");
  BrokerBench broker(file.settings());
  // A program that dies in the middle of a commit, its changes already in the file.
  const int answer = support::in_child([&] {
    SQLite::Database other(file.path(), SQLite::OPEN_READWRITE);
    other.exec("PRAGMA cache_size=1");
    other.exec("PRAGMA cache_spill=1");
    other.exec("BEGIN IMMEDIATE");
    other.exec(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) INSERT INTO t (name) "
        "SELECT 'half' || x FROM n");
    return ::kill(::getpid(), SIGKILL);
  });
  REQUIRE(answer == -SIGKILL);
  REQUIRE(fs::file_size(file.path() + "-journal") > 0);
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  CHECK(number_in(broker.rows("SELECT count(*) FROM t")) == 1);
  CHECK(broker.exec("INSERT INTO t (name) VALUES ('new')") == "no fault");
  CHECK(broker.finish(true).word == Done::Word::committed);
  CHECK(file.outside("SELECT count(*) FROM t") == "2");
  CHECK(broker.end() == 0);
  CHECK_FALSE(file.scratch().exists("app.db-journal"));
}

TEST_CASE("several databases: the others can be read and not written, each by its name") {
  const Crowded file;
  const TargetFile second;
  second.outside("INSERT INTO t (name) VALUES ('far')");
  core::BrokerSettings settings = file.settings();
  settings.databases.push_back({"second", "sqlite:" + second.path()});
  settings.databases.push_back({"absent", "sqlite:absent.db"});
  BrokerBench broker(settings);
  CHECK(says(broker.ready.databases.at(2).fault, "there is no database file"));
  CHECK(broker.ready.databases.at(2).cause == Cause::unreachable);
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  CHECK(number_in(broker.rows("SELECT count(*) FROM t", "second")) == 1);
  CHECK(says(broker.exec("DELETE FROM t", "second"), "only reading is allowed"));
  CHECK(broker.exec("INSERT INTO t (name) VALUES ('a')", "main") == "no fault");
  CHECK(says(broker.exec("DELETE FROM t", "absent"), "absent cannot be opened"));
  CHECK(says(broker.exec("DELETE FROM t", "nowhere"), "no database of this name"));
  CHECK(broker.finish(true).word == Done::Word::committed);
  CHECK(broker.begin("absent", Access::write).cause == Cause::unreachable);
  CHECK(broker.begin("nowhere", Access::write).cause == Cause::unreachable);
  CHECK(broker.begin("absent", Access::read).cause == Cause::none);
  CHECK(broker.exec("SELECT 1") == "gone");  // and is not kept waiting
  REQUIRE(broker.begin("second", Access::write).cause == Cause::none);
  CHECK(broker.exec("DELETE FROM t") == "no fault");
  CHECK(says(broker.exec("DELETE FROM t", "main"), "only reading is allowed"));
  CHECK(broker.finish(true).word == Done::Word::committed);
  CHECK(file.outside("SELECT count(*) FROM t") == "1");
  CHECK(second.outside("SELECT count(*) FROM t") == "0");
}

TEST_CASE("reading begins with the first statement, and writing ends it") {
  const Crowded file;
  BrokerBench broker(file.settings());
  broker.begin("main", Access::read);
  file.outside("INSERT INTO t (name) VALUES ('after the beginning')");
  CHECK(number_in(broker.rows("SELECT count(*) FROM t")) == 1);
  CHECK(says(broker.exec("DELETE FROM t"), "only reading is allowed"));
  const core::Rows open =
      broker.rows("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n");
  REQUIRE(open.cursor != 0);
  const core::Began began = broker.go_on("main", Access::write);
  CHECK(began.cause == Cause::none);
  CHECK(began.statements == 3);
  CHECK(says(broker.fault(core::Fetch{open.cursor}), "this query is over"));
  CHECK(broker.exec("DELETE FROM t") == "no fault");
  const Done done = broker.finish(true);
  CHECK(done.word == Done::Word::committed);
  CHECK(done.statements == 1);
  CHECK(file.outside("SELECT count(*) FROM t") == "0");
}

TEST_CASE("a limit that was hit while reading forbids the writing") {
  const Crowded file;
  core::BrokerSettings settings = file.settings();
  settings.limits.statements = 2;
  BrokerBench broker(settings);
  broker.begin("main", Access::read);
  CHECK(number_in(broker.rows("SELECT 1")) == 1);
  CHECK(number_in(broker.rows("SELECT 1")) == 1);
  CHECK(says(broker.exec("SELECT 1"), "limits.statements"));
  const core::Began began = broker.go_on("main", Access::write);
  CHECK(began.cause == Cause::error);
  CHECK(says(began.error, "limits.statements"));
}

TEST_CASE("a journal that another program removes between two transactions is made anew") {
  const Crowded file;
  BrokerBench broker(file.settings());
  for (int round = 0; round < 3; ++round) {
    REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
    CHECK(broker.exec("INSERT INTO t (name) VALUES (hex(randomblob(8)))") == "no fault");
    CHECK(file.scratch().exists("app.db-journal"));
    CHECK(fs::file_size(file.path() + "-journal") > 512);  // the old pages, through whichever descriptor
    CHECK(broker.finish(round != 1).word == (round != 1 ? Done::Word::committed : Done::Word::rolled_back));
    file.outside("INSERT INTO t (name) VALUES (hex(randomblob(8)))");  // with a journal that it deletes
    CHECK_FALSE(file.scratch().exists("app.db-journal"));
  }
  CHECK(file.outside("SELECT count(*) FROM t") == "5");
  CHECK(file.outside("PRAGMA integrity_check") == "ok");
  CHECK(broker.end() == 0);
  CHECK_FALSE(file.scratch().exists("app.db-journal"));
}

TEST_CASE("a transaction that a statement ended is lost: nothing more runs in it and nothing is committed") {
  const Crowded file;
  BrokerBench broker(file.settings());
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  CHECK(broker.exec("INSERT INTO t (name) VALUES ('a')") == "no fault");
  CHECK(says(broker.exec("INSERT OR ROLLBACK INTO t (name) VALUES ('a')"), "UNIQUE constraint failed"));
  CHECK(says(broker.exec("INSERT INTO t (name) VALUES ('b')"), "ended by an earlier statement"));
  CHECK(broker.fault(core::Close{1}) == "no fault");
  const Done done = broker.finish(true);
  CHECK(done.word == Done::Word::rolled_back);
  CHECK(done.cause == Cause::error);
  CHECK(says(done.error, "ended its transaction"));
  CHECK(file.outside("SELECT count(*) FROM t") == "0");
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  CHECK(broker.exec("INSERT INTO t (name) VALUES ('c')") == "no fault");
  CHECK(broker.finish(true).word == Done::Word::committed);
}

TEST_CASE("a commit that the database refuses is a roll-back with its reason") {
  const Crowded file;
  BrokerBench broker(
      {file.scratch().path(), file.scratch().path("ledger.db"), {{"main", "sqlite:app.db?foreign_keys=on"}}});
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  CHECK(broker.exec("CREATE TABLE child (t REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)") == "no fault");
  CHECK(broker.exec("INSERT INTO child VALUES (99)") == "no fault");
  const Done done = broker.finish(true);
  CHECK(done.word == Done::Word::rolled_back);
  CHECK(says(done.error, "FOREIGN KEY constraint failed"));
  CHECK(file.outside("SELECT count(*) FROM sqlite_schema WHERE name = 'child'") == "0");
}

TEST_CASE("after a row of executemany has failed, the parts that follow are passed over, the next call is not") {
  const Crowded file;
  BrokerBench broker(file.settings());
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  const auto part = [](bool follows, std::vector<core::Row> rows) {
    return core::Many{"", "INSERT INTO t (name) VALUES (?)", follows, std::move(rows)};
  };
  CHECK(broker.fault(part(false, {{std::string("a")}, {std::string("b")}})) == "no fault");
  CHECK(broker.fault(part(true, {{std::string("c")}})) == "no fault");
  CHECK(says(broker.fault(part(true, {{std::string("d")}, {std::string("a")}, {std::string("e")}})), "UNIQUE"));
  CHECK(says(broker.fault(part(true, {{std::string("f")}})), "not executed"));
  CHECK(says(broker.fault(part(true, {{std::string("g")}})), "not executed"));
  CHECK(broker.fault(part(false, {{std::string("h")}})) == "no fault");
  CHECK(broker.fault(part(true, {{std::string("i")}})) == "no fault");
  const Done done = broker.finish(true);
  CHECK(done.word == Done::Word::committed);
  CHECK(done.statements == 8);  // without those that were passed over
  CHECK(file.outside("SELECT group_concat(name, '') FROM (SELECT name FROM t ORDER BY id)") == "abcdhi");
}

TEST_CASE("a long query comes in batches, and one that has failed does not begin anew") {
  const Crowded file;
  BrokerBench broker(file.settings());
  REQUIRE(broker.begin("main", Access::read).cause == Cause::none);
  const std::string numbers = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1500) ";
  core::Rows batch = broker.rows(numbers + "SELECT x FROM n");
  std::size_t count = batch.rows.size();
  while (batch.cursor != 0) {
    const auto frame = broker.ask(core::Fetch{batch.cursor});
    REQUIRE(frame);
    batch = core::decode<core::Rows>(frame->body).value();
    count += batch.rows.size();
  }
  CHECK(count == 1500);
  batch = broker.rows(numbers + "SELECT CASE WHEN x = 700 THEN abs(-9223372036854775807 - 1) ELSE x END FROM n");
  REQUIRE(batch.cursor != 0);
  CHECK(says(broker.fault(core::Fetch{batch.cursor}), "integer overflow"));
  CHECK(says(broker.fault(core::Fetch{batch.cursor}), "this query is over"));
  CHECK(broker.fault(core::Close{batch.cursor}) == "no fault");
  CHECK(says(broker.fault(core::Fetch{4711}), "this query is over"));
  CHECK(says(broker.fault(core::Statement{core::Statement::Wants::rows, "", "SELECT zeroblob(20000000)", {}}),
             "larger than 15 MiB"));
  for (int open = 0; open < 32; ++open) CHECK(broker.rows(numbers + "SELECT x FROM n").cursor != 0);
  CHECK(says(broker.fault(core::Statement{core::Statement::Wants::rows, "", numbers + "SELECT x FROM n", {}}),
             "32 queries are being read"));
  CHECK(broker.finish(false).word == Done::Word::rolled_back);
}

TEST_CASE("a statement ends at the time limit, and when the runner speaks") {
  const Crowded file;
  BrokerBench broker(file.settings());
  const std::string endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
  REQUIRE(broker.begin("main", Access::write, 80).cause == Cause::none);
  CHECK(says(broker.exec(endless), "time limit"));
  CHECK(broker.finish(true).word == Done::Word::committed);
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  broker.worker().send(static_cast<std::uint8_t>(core::Kind::statement),
                       encode(core::Statement{core::Statement::Wants::affected, "", endless, {}}), BrokerBench::soon());
  const auto start = os::Steady::now();
  CHECK(broker.finish(false).word == Done::Word::rolled_back);
  CHECK(os::since(start) < std::chrono::seconds(10));
}

TEST_CASE("a worker that sends nonsense is cut off; the runner still has the last word") {
  const Crowded file;
  BrokerBench broker(file.settings());
  const auto nonsense = [&](std::uint8_t kind, const std::string& body) {
    REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
    CHECK(broker.exec("INSERT INTO t (name) VALUES ('a')") == "no fault");
    broker.worker().send(kind, body, BrokerBench::soon());
    pollfd wait{broker.worker().fd(), POLLIN, 0};
    CHECK(::poll(&wait, 1, 20'000) == 1);
    CHECK(broker.worker().fill() == os::FillResult::closed);
    CHECK(broker.finish(false).word == Done::Word::rolled_back);
  };
  nonsense(static_cast<std::uint8_t>(core::Kind::statement), "garbage");
  nonsense(static_cast<std::uint8_t>(core::Kind::finish), encode(core::Finish{true}));
  nonsense(static_cast<std::uint8_t>(core::Kind::begin), "");
  nonsense(200, "");
  REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
  REQUIRE(::send(broker.worker().fd(), "AAAAAAAAAAAAAAAA", 16, MSG_NOSIGNAL) == 16);
  pollfd wait{broker.worker().fd(), POLLIN, 0};
  CHECK(::poll(&wait, 1, 20'000) == 1);
  CHECK(broker.finish(true).word == Done::Word::committed);
  CHECK(file.outside("SELECT count(*) FROM t") == "0");
  CHECK(broker.end() == 0);
}

TEST_CASE("a broker whose runner sends nonsense or is gone ends, and nothing is committed") {
  for (const bool garbage : {true, false}) {
    const Crowded file;
    BrokerBench broker(file.settings());
    REQUIRE(broker.begin("main", Access::write).cause == Cause::none);
    CHECK(broker.exec("INSERT INTO t (name) VALUES ('a')") == "no fault");
    if (garbage) REQUIRE(::send(broker.runner().fd(), "BBBBBBBBBBBBBBBB", 16, MSG_NOSIGNAL) == 16);
    CHECK(broker.end() == 0);
    CHECK(file.outside("SELECT count(*) FROM t") == "0");
    CHECK_FALSE(file.scratch().exists("app.db-journal"));
  }
}

TEST_CASE("finishing what never began is an answer, not a crash") {
  const Crowded file;
  BrokerBench broker(file.settings());
  CHECK(broker.finish(true).word == Done::Word::rolled_back);
  CHECK(broker.end() == 0);
}

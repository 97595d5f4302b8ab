#include "target/postgresql.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <string>

#include "support/postgresql_server.hpp"
#include "target/broker_bench.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Cause;
using core::Done;
using support::BrokerBench;
using support::PostgresqlServer;

namespace {

core::BrokerSettings settings(const std::string& url, core::Limits limits = {}) {
  return {"/tmp", "/tmp/ledger.db", {{"main", url}}, limits};
}

// The next rows of a query; a fault is a failure of the test.
core::Rows read_on(BrokerBench& broker, std::uint32_t cursor) {
  const auto frame = broker.ask(core::Fetch{cursor});
  REQUIRE(frame);
  const auto rows = core::decode<core::Rows>(frame->body);
  REQUIRE(frame->kind == static_cast<std::uint8_t>(core::Kind::rows));
  REQUIRE(rows);
  return *rows;
}

std::int64_t sum_of(const core::Rows& rows) {
  std::int64_t sum = 0;
  for (const core::Row& row : rows.rows) sum += std::get<std::int64_t>(row.at(0));
  return sum;
}

// Adds up what is left of a query, and does something between its parts.
std::int64_t sum_of_rest(BrokerBench& broker, core::Rows rows, const std::function<void()>& between) {
  std::int64_t sum = sum_of(rows);
  while (rows.cursor != 0) {
    between();
    rows = read_on(broker, rows.cursor);
    sum += sum_of(rows);
  }
  return sum;
}

// A broker with a write transaction in a fresh database with the empty table t; absent without a server.
struct Writing {
  explicit Writing(core::Limits limits = {}) {
    if (server == nullptr) return;
    database = server->make_database();
    server->ask(database, "create table t (a bigint); alter table t owner to fettle");
    broker = std::make_unique<BrokerBench>(settings(server->url(database), limits));
    REQUIRE(broker->begin("main", Access::write).error == "");
  }
  std::string count() const { return server->ask(database, "select count(*) from t"); }

  PostgresqlServer* server = PostgresqlServer::shared();
  std::string database;
  std::unique_ptr<BrokerBench> broker;
};

// Fails at row 2000. A part of it has 512 rows, and with the first one the server is at rows 1361 to 5456 already.
constexpr const char* k_fails_later = "select 1000 / (2000 - n) from generate_series(1, 100000) n";
const std::string k_insert = "insert into t values (1)";

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text);
  return found;
}

}  // namespace

TEST_CASE("postgresql: a locked-down broker writes, reads and commits, and leaves a receipt") {
  PostgresqlServer* server = PostgresqlServer::shared();
  if (server == nullptr) return;
  const std::string database = server->make_database();
  BrokerBench broker(settings(server->url(database)));
  REQUIRE(broker.ready.databases.at(0).fault == "");
  CHECK(broker.ready.level.seccomp);
  REQUIRE(broker.begin("main", Access::write).error == "");
  CHECK(broker.exec("create table t (a int, b text)") == "no fault");
  CHECK(broker.exec("insert into t select n, 'x' || n from generate_series(1, 1000) n") == "no fault");
  CHECK(std::get<std::int64_t>(broker.rows("select count(*) from t").rows.at(0).at(0)) == 1000);
  const Done done = broker.finish(true);
  CHECK(done.error == "");
  CHECK(done.word == Done::Word::committed);
  CHECK(done.rows_changed == 1000);
  CHECK(server->ask(database, "select count(*) from t") == "1000");
  CHECK(server->ask(database, "select script from fettle_receipts") == "bench.lua");
  CHECK(broker.end() == 0);
}

TEST_CASE("postgresql: rows are fetched ahead while other statements are executed between them") {
  const Writing at;
  if (!at.broker) return;
  const core::Rows first = at.broker->rows("select n from generate_series(1, 30000) n");
  CHECK(sum_of_rest(*at.broker, first, [&] { CHECK(at.broker->exec(k_insert) == "no fault"); }) == 450015000);
  CHECK(at.broker->finish(true).word == Done::Word::committed);
  CHECK(at.count() == "58");
}

TEST_CASE("postgresql: queries that are read in turn do not get each other's rows") {
  const Writing at;
  if (!at.broker) return;
  core::Rows other = at.broker->rows("select -n from generate_series(1, 30000) n");
  std::int64_t sum = sum_of(other);
  const core::Rows first = at.broker->rows("select n from generate_series(1, 20000) n");
  CHECK(sum_of_rest(*at.broker, first, [&] {
          other = read_on(*at.broker, other.cursor);
          sum += sum_of(other);
        }) == 200010000);
  REQUIRE(other.cursor != 0);
  other = read_on(*at.broker, other.cursor);
  CHECK(sum + sum_of_rest(*at.broker, other, [] {}) == -450015000);
  CHECK(at.broker->finish(true).word == Done::Word::committed);
}

TEST_CASE("postgresql: a query that is left in the middle leaves nothing behind, whatever was fetched ahead") {
  const Writing at;
  if (!at.broker) return;
  for (int time = 1; time <= 3; ++time) {
    const core::Rows rows = at.broker->rows("select n from generate_series(1, 100000) n");
    REQUIRE(rows.cursor != 0);
    CHECK(at.broker->fault(core::Close{rows.cursor}) == "no fault");
    CHECK(at.broker->exec(k_insert) == "no fault");
  }
  CHECK(std::get<std::int64_t>(
            at.broker->rows("select count(*) from pg_cursors where name like 'fettle%'").rows[0][0]) == 1);
  at.broker->rows("select n from generate_series(1, 100000) n");  // left to the commit
  CHECK(at.broker->finish(true).word == Done::Word::committed);
  CHECK(at.count() == "3");
  CHECK(at.broker->begin("main", Access::write).error == "");
  CHECK(at.broker->exec(k_insert) == "no fault");
}

TEST_CASE("postgresql: an error in what was fetched ahead is told to who reads on") {
  const Writing at;
  if (!at.broker) return;
  core::Rows rows = at.broker->rows(k_fails_later);
  CHECK(rows.rows.size() == 512);
  rows = read_on(*at.broker, rows.cursor);
  CHECK(has(at.broker->fault(core::Fetch{rows.cursor}), "division by zero"));
  CHECK(has(at.broker->exec(k_insert), "division by zero"));
  CHECK(at.broker->finish(true).word == Done::Word::rolled_back);
  CHECK(at.count() == "0");
}

TEST_CASE(
    "postgresql: an error in what was fetched ahead is told to whichever statement comes first, and to the commit") {
  const Writing at;
  if (!at.broker) return;
  at.broker->rows(k_fails_later);
  CHECK(has(at.broker->exec(k_insert), "division by zero"));
  const std::string again = at.broker->exec(k_insert);
  CHECK(has(again, "commits nothing more"));
  CHECK(has(again, "division by zero"));
  CHECK(at.broker->finish(true).word == Done::Word::rolled_back);
  REQUIRE(at.broker->begin("main", Access::write).error == "");
  at.broker->rows(k_fails_later);
  const Done done = at.broker->finish(true);
  CHECK(done.word == Done::Word::rolled_back);
  CHECK(has(done.error, "division by zero"));
  CHECK(at.count() == "0");
  // Nothing of it is told of the next transaction.
  REQUIRE(at.broker->begin("main", Access::write).error == "");
  CHECK(at.broker->exec(k_insert) == "no fault");
  CHECK(has(at.broker->exec("select frm"), "frm"));
  CHECK(at.broker->finish(true).word == Done::Word::rolled_back);
}

TEST_CASE("postgresql: what is slow and was fetched ahead is stopped when nobody wants it any more") {
  const Writing at;
  if (!at.broker) return;
  at.broker->rows("select n, case when n > 1400 then pg_sleep(0.05) end from generate_series(1, 100000) n");
  const auto start = os::Steady::now();
  CHECK(at.broker->finish(false).word == Done::Word::rolled_back);
  REQUIRE(at.broker->begin("main", Access::write).error == "");
  CHECK(at.broker->exec(k_insert) == "no fault");
  CHECK(at.broker->finish(true).word == Done::Word::committed);
  CHECK(os::Steady::now() - start < std::chrono::seconds(10));
}

TEST_CASE("postgresql: slow rows are fetched a few at a time") {
  const Writing at;
  if (!at.broker) return;
  core::Rows rows = at.broker->rows("select n, pg_sleep(0.002) from generate_series(1, 100000) n");
  CHECK(at.broker->fault(core::Close{rows.cursor}) == "no fault");
  const auto start = os::Steady::now();
  CHECK(at.broker->exec(k_insert) == "no fault");
  CHECK(os::Steady::now() - start < std::chrono::seconds(1));
}

TEST_CASE("postgresql: rows that were fetched ahead and nobody read count for no limit") {
  core::Limits limits;
  limits.rows = 600;
  const Writing at(limits);
  if (!at.broker) return;
  const core::Rows rows = at.broker->rows("select n from generate_series(1, 5000) n");
  CHECK(rows.rows.size() == 512);
  CHECK(at.broker->fault(core::Close{rows.cursor}) == "no fault");
  CHECK(at.broker->rows("select n from generate_series(1, 88) n").rows.size() == 88);
  CHECK(at.broker->finish(true).word == Done::Word::committed);
  REQUIRE(at.broker->begin("main", Access::write).error == "");
  const core::Rows more = at.broker->rows("select n from generate_series(1, 5000) n");
  CHECK(has(at.broker->fault(core::Fetch{more.cursor}), "limits.rows"));
  CHECK(at.broker->finish(true).word == Done::Word::rolled_back);
}

namespace {

// A session in which fettle's own statements are kept already, and their names with it.
struct Keeping : Writing {
  Keeping() {
    if (!broker) return;
    for (int time = 1; time <= 3; ++time) CHECK(run(k_insert).word == Done::Word::committed);
    REQUIRE(broker->begin("main", Access::write).error == "");
    const core::Rows kept = broker->rows("select count(*) from pg_prepared_statements where not from_sql");
    CHECK(std::get<std::int64_t>(kept.rows[0][0]) == 8);
    CHECK(broker->finish(true).word == Done::Word::committed);
  }
  // One script with one statement.
  Done run(const std::string& sql) const {
    if (!first) REQUIRE(broker->begin("main", Access::write).error == "");
    first = false;
    CHECK(broker->exec(sql) == "no fault");
    return broker->finish(true);
  }
  std::string receipts() const { return server->ask(database, "select count(*) from fettle_receipts"); }

  mutable bool first = true;  // Writing has begun it
};

// Does this to every statement that is kept.
std::string to_all(const std::string& action) {
  return "do $$ declare s record; begin for s in select * from pg_prepared_statements where not from_sql loop " +
         action + " end loop; end $$";
}

const std::string k_take_away = to_all("execute format('deallocate %I', s.name);");
const std::string k_put_others = to_all(
    "execute format('deallocate %I', s.name);"
    "execute format('prepare %I %s as select true', s.name, nullif('(' || array_to_string(s.parameter_types, ', ') || "
    "')', '()'));");

}  // namespace

TEST_CASE("postgresql: what is kept prepared a script cannot take away or replace, and no later one notices") {
  for (const std::string& harm :
       {k_take_away, k_put_others, std::string("do $$ begin execute 'deallocate all'; end $$")}) {
    CAPTURE(harm);
    const Keeping at;
    if (!at.broker) return;
    const Done done = at.run(harm);
    CHECK(done.word == Done::Word::rolled_back);
    CHECK(done.cause == Cause::error);
    CHECK(has(done.error, "keeps prepared"));
    for (int time = 1; time <= 2; ++time) CHECK(at.run(k_insert).word == Done::Word::committed);
    CHECK(at.count() == "5");
    CHECK(at.receipts() == "6");
  }
}

TEST_CASE("postgresql: what a script that fails or only reads puts in the place of what is kept is never executed") {
  const std::string evil = to_all(
      "execute format('deallocate %I', s.name);"
      "execute format('prepare %I %s as insert into t values (1000) returning true', s.name, nullif('(' || "
      "array_to_string(s.parameter_types, ', ') || ')', '()'));");
  for (const Access access : {Access::write, Access::read}) {
    const Keeping at;
    if (!at.broker) return;
    const core::Began began = at.broker->begin("main", access);
    CHECK(began.error == "");
    CHECK(at.broker->exec(evil) == "no fault");
    at.broker->finish(false);
    for (int time = 1; time <= 2; ++time) CHECK(at.run(k_insert).word == Done::Word::committed);
    CHECK(at.server->ask(at.database, "select sum(a) from t") == "5");
    CHECK(at.receipts() == "6");
  }
}

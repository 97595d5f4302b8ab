// The limits that the broker keeps, and what a worker that has been taken over can make it hold.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <poll.h>
#include <string>

#include "base/text.hpp"
#include "core/wire.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "target/broker_bench.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Cause;
using core::Done;
using core::Kind;
using core::Statement;
using support::BrokerBench;
using support::says;
using support::TargetFile;

namespace {

constexpr std::size_t k_mib = std::size_t{1} << 20U;

struct Limited : TargetFile {
  explicit Limited(const core::Limits& limits)
      : broker({scratch().path(), scratch().path("ledger.db"), {{"main", "sqlite:app.db"}}, limits}) {}

  void begin() { REQUIRE(broker.begin("main", Access::write).cause == Cause::none); }
  // The limit stays hit, the commit fails for it, and the next attempt has all of it again.
  void check_that_it_stays(const std::string& key, Cause cause) {
    CHECK(says(broker.exec("INSERT INTO t (name) VALUES ('after')"), key));
    const Done done = broker.finish(true);
    CHECK(done.word == Done::Word::rolled_back);
    CHECK(done.cause == cause);
    CHECK(says(done.error, key));
    CHECK(outside("SELECT count(*) FROM t") == "0");
    begin();
    CHECK(broker.exec("INSERT INTO t (name) VALUES ('next')") == "no fault");
    CHECK(broker.finish(true).word == Done::Word::committed);
  }

  BrokerBench broker;
};

std::string numbers(int last) {
  return fmt::format("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) ", last);
}

Statement query(const std::string& sql) {
  return {Statement::Wants::rows, "", sql, {}};
}

}  // namespace

TEST_CASE("limits: rows are counted over the whole attempt") {
  core::Limits limits;
  limits.rows = 1000;
  Limited at(limits);
  at.begin();
  CHECK(at.broker.fault(query(numbers(400) + "SELECT x FROM n")) == "no fault");
  REQUIRE(at.broker.finish(false).word == Done::Word::rolled_back);
  at.begin();  // another worker, another attempt
  CHECK(at.broker.exec("INSERT INTO t (name) VALUES ('a')") == "no fault");
  CHECK(at.broker.fault(query(numbers(500) + "SELECT x FROM n")) == "no fault");
  CHECK(at.broker.fault(query(numbers(500) + "SELECT x FROM n")) == "no fault");
  CHECK(at.broker.fault(query("SELECT 1")) ==
        "more than 1,000 rows were read (limits.rows); let the database count and select, or raise it in config.toml");
  at.check_that_it_stays("limits.rows", Cause::error);
}

TEST_CASE("limits: rows that are fetched ahead never hit a limit, rows that are needed do") {
  core::Limits limits;
  limits.rows = 1200;
  Limited at(limits);
  at.begin();
  const auto fetch = [&](std::uint32_t cursor, bool ahead) {
    const auto frame = at.broker.ask(core::Fetch{cursor, ahead});
    REQUIRE(frame);
    const auto rows = core::decode<core::Rows>(frame->body);
    REQUIRE(rows);
    return *rows;
  };
  core::Rows batch = at.broker.rows(numbers(5000) + "SELECT x FROM n");
  REQUIRE(batch.cursor != 0);
  batch = fetch(batch.cursor, true);
  CHECK(batch.rows.size() == 512);
  batch = fetch(batch.cursor, true);  // 176 rows are left
  CHECK(batch.rows.empty());
  CHECK(batch.cursor != 0);
  CHECK(at.broker.exec("INSERT INTO t (name) VALUES ('a')") == "no fault");
  CHECK(says(at.broker.fault(core::Fetch{batch.cursor}), "more than 1,200 rows were read (limits.rows)"));
  at.check_that_it_stays("limits.rows", Cause::error);
}

TEST_CASE("limits: bytes, and names of tables are rows too") {
  core::Limits limits;
  limits.bytes = 10'000;
  Limited at(limits);
  at.begin();
  CHECK(at.broker.fault(query("SELECT hex(zeroblob(2000))")) == "no fault");
  CHECK(at.broker.fault(core::Describe{}) == "no fault");
  CHECK(says(at.broker.fault(query("SELECT zeroblob(9000)")), "were read (limits.bytes); select only the columns"));
  at.check_that_it_stays("limits.bytes", Cause::error);
}

TEST_CASE("limits: each row of executemany is a statement, and none of too many is executed") {
  core::Limits limits;
  limits.statements = 100;
  Limited at(limits);
  at.begin();
  CHECK(at.broker.fault(core::Many{"", "INSERT INTO t DEFAULT VALUES", false, std::vector<core::Row>(100)}) ==
        "no fault");
  CHECK(says(at.broker.fault(core::Many{"", "INSERT INTO t DEFAULT VALUES", false, std::vector<core::Row>(1)}),
             "more than 100 statements were sent (limits.statements); change many rows with one"));
  at.check_that_it_stays("limits.statements", Cause::error);
}

TEST_CASE("limits: a statement that needs more memory than the databases may have fails with cause memory") {
  core::Limits limits;
  limits.database_memory = 32 * k_mib;
  for (const std::string greedy :
       {"SELECT length(hex(zeroblob(50000000)))", "SELECT length(hex(zeroblob(400000000)))",
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000000) SELECT count(*) FROM (SELECT "
        "randomblob(50) AS r FROM n ORDER BY r)",
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 6000000) SELECT group_concat(x) FROM "
        "n"}) {
    CAPTURE(greedy);
    Limited at(limits);
    at.begin();
    CHECK(says(at.broker.fault(query(greedy)),
               "the database needed more than 32 MiB of memory (limits.database_memory); work in smaller"));
    at.check_that_it_stays("limits.database_memory", Cause::memory);
  }
}

TEST_CASE("limits: without any limit everything goes") {
  core::Limits limits;
  limits.rows = limits.bytes = limits.statements = limits.database_memory = core::k_unlimited;
  Limited at(limits);
  at.begin();
  CHECK(at.broker.rows(numbers(600) + "SELECT x FROM n").rows.size() == 512);
  CHECK(at.broker.finish(true).word == Done::Word::committed);
}

TEST_CASE("a broker confirms that it has heard before it rolls back") {
  Limited at({});
  at.begin();
  os::Channel& runner = at.broker.runner();
  runner.send(static_cast<std::uint8_t>(Kind::finish), encode(core::Finish{false, true}), BrokerBench::soon());
  for (const Kind expected : {Kind::heard, Kind::done}) {
    auto frame = runner.next();
    for (pollfd wait{runner.fd(), POLLIN, 0}; !frame && ::poll(&wait, 1, 20'000) == 1; frame = runner.next())
      REQUIRE(runner.fill() == os::FillResult::open);
    REQUIRE(frame);
    CHECK(frame->kind == static_cast<std::uint8_t>(expected));
  }
}

#ifndef FETTLE_SANITIZED
namespace {

// A message of one statement for many rows, made by hand: `row` again and again.
std::string many(const std::string& sql, const std::string& row, std::uint32_t count) {
  core::Writer head;
  head.put(std::string_view("")).put(std::string_view(sql)).put(false).put(count);
  std::string body = head.take();
  body.reserve(body.size() + row.size() * count);
  for (std::uint32_t index = 0; index < count; ++index) body += row;
  return body;
}

std::string nulls(std::uint32_t count) {
  core::Writer row;
  row.put(count);
  return row.take() + std::string(count, '\0');
}

}  // namespace
#endif

TEST_CASE("flood: a worker that asks on and on and never listens is let go when the runner speaks") {
  Limited at({});
  at.begin();
  const std::string body = encode(core::Many{"", "SELECT 1", false, std::vector<core::Row>(1)});
  os::SendResult sent = os::SendResult::sent;
  std::size_t count = 0;
  for (; sent == os::SendResult::sent; ++count)
    sent = at.broker.worker().send(static_cast<std::uint8_t>(Kind::many), body,
                                   os::Steady::now() + std::chrono::seconds(1));
  CHECK(sent == os::SendResult::timed_out);
  CHECK(count > 100);
  CHECK(at.broker.finish(false).word == Done::Word::rolled_back);
#ifndef FETTLE_SANITIZED
  CHECK(support::peak_memory(static_cast<pid_t>(at.broker.child().pid)) / k_mib < 128);
#endif
  at.begin();
  CHECK(at.broker.exec("INSERT INTO t (name) VALUES ('next')") == "no fault");
}

TEST_CASE("flood: whatever a worker sends, the broker holds no more than its databases may and 128 MiB") {
#ifdef FETTLE_SANITIZED
  support::skip("the sanitizers hold memory of their own");
#else
  core::Limits limits;
  limits.database_memory = 32 * k_mib;
  Limited at(limits);
  const std::string walls = support::read_file(fmt::format("/proc/{}/limits", at.broker.child().pid));
  CHECK(says(walls, fmt::format("Max address space         {}", (32 + 256) * k_mib)));
  const std::string insert = "INSERT INTO t (name) VALUES (?)";
  const auto flood = [&](Kind kind, const std::string& body) {
    at.begin();
    at.broker.worker().send(static_cast<std::uint8_t>(kind), body, BrokerBench::soon());
    pollfd wait{at.broker.worker().fd(), POLLIN, 0};
    CHECK(::poll(&wait, 1, 30'000) == 1);  // an answer, or a closed door
    CHECK(at.broker.finish(false).word == Done::Word::rolled_back);
    CAPTURE(static_cast<int>(kind));
    CHECK(support::peak_memory(static_cast<pid_t>(at.broker.child().pid)) / k_mib < 32 + 128);
  };
  const auto million = static_cast<std::uint32_t>(k_mib);
  flood(Kind::many, many(insert, nulls(0), 3 * million));
  flood(Kind::many, many(insert, nulls(1), 3 * million));
  flood(Kind::many, many(insert, nulls(100'000), 100));
  flood(Kind::many, many(insert, nulls(15 * million), 1));
  flood(Kind::statement, encode(Statement{Statement::Wants::rows, "", std::string(15 * k_mib, 'x'), {}}));
  flood(Kind::statement, encode(Statement{Statement::Wants::affected, "", insert, {std::string(15 * k_mib, 'x')}}));
  flood(Kind::statement, encode(query("SELECT zeroblob(15000000), 1")));
  flood(Kind::statement, encode(query("SELECT zeroblob(1000000000)")));
  at.begin();
  for (int number = 0; number < 60; ++number) {
    const std::string padding = fmt::format("/* {} {} */", number, std::string(3 * k_mib, 'x'));
    at.broker.fault(Statement{Statement::Wants::affected, "", "SELECT 1 " + padding, {}});
    at.broker.fault(query(numbers(5000) + "SELECT x AS " + std::string(200'000, 'y') + " FROM n"));
  }
  CHECK(support::peak_memory(static_cast<pid_t>(at.broker.child().pid)) / k_mib < 32 + 128);
  MESSAGE("peak of the broker: ", support::peak_memory(static_cast<pid_t>(at.broker.child().pid)) / k_mib, " MiB");
  at.broker.finish(false);
  at.begin();
  CHECK(at.broker.exec("INSERT INTO t (name) VALUES ('next')") == "no fault");
  CHECK(at.broker.finish(true).word == Done::Word::committed);
#endif
}

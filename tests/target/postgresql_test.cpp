#include "target/postgresql.hpp"

#include <doctest/doctest.h>
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

core::BrokerSettings settings(const std::string& url) {
  return {"/tmp", "/tmp/ledger.db", {{"main", url}}, {}};
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

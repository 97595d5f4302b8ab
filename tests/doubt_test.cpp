// The answer to COMMIT is lost and the server cannot be asked: unknown. Once it can be, the next run settles that by
// the receipt.
#include <doctest/doctest.h>
#include <functional>
#include <string>

#include "support/engine.hpp"
#include "support/tcp_proxy.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Site;
using support::TcpProxy;

namespace {

using Fault = TcpProxy::Fault;

const std::string k_script = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into ran (script) values (?)", ctx.script) return { executed = true } end,
         rollback = function() db.exec("delete from ran where script = ?", ctx.script) return { executed = true } end
}
)lua";

const std::string k_loose = "return { transaction = false, " + k_script.substr(k_script.find('{') + 1);

// As it travels: that of a script's transaction.
std::string commit_of(const Engine& engine) {
  return engine.name == "postgresql" ? std::string("\0COMMIT\0", 8) : "COMMIT AND NO CHAIN";
}

// Without encryption, so that the line can be read.
Engine in_clear(Engine engine) {
  if (engine.name == "mariadb") engine.url += "?ssl-mode=disabled";
  return engine;
}

struct Doubt {
  Doubt(const Engine& at, int server_port, Fault fault, const std::string& text = k_script,
        const std::string& strike = "")
      : proxy(server_port), engine(support::through(proxy.port(), at, server_port)) {
    support::use(site, engine);
    engine.ask(std::string(engine.name == "postgresql" ? "set role fettle; " : "") +
               "create table ran (script varchar(100))");
    site.write("fix-scripts/001_first.lua", text);  // the tables of receipts are made
    REQUIRE(site.fettle({"run"}).status == 0);
    engine.ask("delete from ran");
    site.write("fix-scripts/002_doubtful.lua", text);
    proxy.strike_on(strike.empty() ? commit_of(engine) : strike, fault);
    const Ended ended = site.fettle({"run"});
    CHECK_MESSAGE(ended.status == 10, ended.out << ended.err);
    REQUIRE(proxy.has_struck());
    CHECK(newest().at("outcome") == "unknown");
    // While nobody can be asked nothing changes, and nothing runs.
    const std::size_t attempts = site.fettle_json({"history", "--json"}).size();
    CHECK(site.fettle({"run"}).status != 0);
    CHECK(site.fettle({"repair"}).status == 0);
    CHECK(site.fettle_json({"history", "--json"}).size() == attempts);
    CHECK(site.exists("fix-scripts/002_doubtful.lua"));
  }

  json newest() const { return site.fettle_json({"history", "--json", "--limit", "1"}).at(0); }
  std::string ran() const { return engine.ask("select script from ran"); }
  void check_ledger() const { CHECK(site.fettle({"ledger", "verify"}).status == 0); }

  Site site;
  TcpProxy proxy;
  Engine engine;
};

void over_servers(const std::function<void(const Engine&, int port)>& check) {
  if (support::PostgresqlServer* server = support::PostgresqlServer::shared())
    check(in_clear(support::engine_on(*server)), server->port());
  if (support::MariadbServer* server = support::MariadbServer::shared())
    check(in_clear(support::engine_on(*server)), server->port());
}

}  // namespace

TEST_CASE("journey: a commit that nobody could answer for is known to have been one once the server is back") {
  over_servers([](const Engine& engine, int port) {
    CAPTURE(engine.name);
    Doubt doubt(engine, port, Fault::after);
    REQUIRE(support::wait_until([&] { return doubt.ran() == "002_doubtful.lua"; }));
    doubt.proxy.heal();
    const Ended ended = doubt.site.fettle({"run", "--by", "anna"});
    CHECK(ended.status == 0);
    CHECK((ended.out + ended.err).find("recovered: 002_doubtful.lua, attempt 2: it was unknown") != std::string::npos);
    CHECK(doubt.ran() == "002_doubtful.lua");
    CHECK(doubt.site.exists("successfully-ran/002_doubtful.lua"));
    const json newest = doubt.newest();
    CHECK(newest.at("outcome") == "succeeded");
    CHECK(newest.at("state") == "settled");
    CHECK(newest.at("trigger") == "repair");
    CHECK(newest.at("by") == "anna");
    CHECK(newest.at("moved_to") == "successfully-ran/002_doubtful.lua");
    CHECK(doubt.site.sql("select group_concat(outcome, ' ') from attempts where script like '002%'",
                         ".fettle/ledger.db") == "unknown succeeded");
    CHECK(doubt.site.sql("select verb || ' ' || by from events", ".fettle/ledger.db") == "repair anna");
    doubt.check_ledger();
    CHECK(doubt.site.fettle({"repair"}).out.find("Nothing to repair") != std::string::npos);
    CHECK(doubt.site.fettle({"rollback", "002", "--yes", "--reason", "try"}).status == 0);
    CHECK(doubt.ran().empty());
    CHECK(doubt.engine.ask("select count(*) from fettle_receipts where script like '002%'") == "0");
    doubt.check_ledger();
  });
}

TEST_CASE("journey: a commit that never arrived is known not to have been one once the server is back") {
  over_servers([](const Engine& engine, int port) {
    CAPTURE(engine.name);
    Doubt doubt(engine, port, Fault::before);
    CHECK(doubt.ran().empty());
    doubt.proxy.heal();
    const Ended shown = doubt.site.fettle({"repair", "--dry-run"});
    CHECK(shown.out.find("nothing of it was committed") != std::string::npos);
    CHECK(doubt.newest().at("outcome") == "unknown");
    CHECK(doubt.site.fettle({"run"}).status == 0);
    CHECK(doubt.ran() == "002_doubtful.lua");
    CHECK(doubt.site.sql("select group_concat(outcome || ' ' || state, ', ') from attempts where script like '002%'",
                         ".fettle/ledger.db") == "unknown new, interrupted settled, succeeded retry");
    doubt.check_ledger();
  });
}

TEST_CASE("journey: what is unknown of a script without a transaction stays a question for a person") {
  over_servers([](const Engine& engine, int port) {
    CAPTURE(engine.name);
    Doubt doubt(engine, port, Fault::after, k_loose, "insert into ran");
    doubt.proxy.heal();
    const std::string ran = doubt.ran();
    CHECK(doubt.site.fettle({"run"}).status == 8);
    CHECK(doubt.ran() == ran);
    CHECK(doubt.newest().at("outcome") == "unknown");
    CHECK(doubt.site.exists("fix-scripts/002_doubtful.lua"));
  });
}

TEST_CASE("journey: a database that is not the one it was settles nothing") {
  over_servers([](const Engine& engine, int port) {
    CAPTURE(engine.name);
    Doubt doubt(engine, port, Fault::before);
    doubt.proxy.heal();
    doubt.engine.ask("drop table fettle_receipts");
    doubt.site.fettle({"run"});
    CHECK(doubt.newest().at("outcome") == "unknown");
    CHECK(doubt.ran().empty());
  });
}

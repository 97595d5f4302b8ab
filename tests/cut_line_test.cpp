// The line to a server is cut at every message of a run, before it and behind it, and the next run sets right what that
// left. FETTLE_EVERY=1 strikes at every message, otherwise at every twentieth.
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "support/engine.hpp"
#include "support/skip.hpp"
#include "support/tcp_proxy.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Seconds;
using support::Site;
using support::TcpProxy;

namespace {

std::size_t stride() {
  const char* given = std::getenv("FETTLE_EVERY");
  return given != nullptr ? static_cast<std::size_t>(std::max(1, std::atoi(given))) : 13;
}

const std::string k_adds = R"lua(
return { shouldRun = function() return db.value("select count(*) from ran where script = ?", ctx.script) == 0 end,
         execute = function()
           db.exec("insert into ran (script) values (?)", ctx.script)
           for _ = 1, 3 do db.value("select count(*) from ran") end
           return { executed = true }
         end }
)lua";

struct Struck {
  std::size_t points = 0, interrupted = 0, blocked = 0, succeeded = 0;
};

void strike(Engine (*make)(), int port) {
  TcpProxy proxy(port);
  Struck struck;
  for (const TcpProxy::Fault fault : {TcpProxy::Fault::before, TcpProxy::Fault::after}) {
    for (std::size_t message = 0;; message += stride()) {
      CAPTURE(message);
      CAPTURE(static_cast<int>(fault));
      const Engine engine = make();
      engine.ask("create table ran (script varchar(50))");
      if (engine.name == "postgresql") engine.ask("alter table ran owner to fettle");
      const Site site;
      support::use(site, support::through(proxy.port(), engine, port));
      for (const char* script : {"001.lua", "002.lua", "003.lua"})
        site.write(std::string("fix-scripts/") + script, k_adds);
      proxy.strike_at(message, fault);
      const Ended ended = site.fettle({"run", "--json"});
      const bool has_struck = proxy.has_struck();
      proxy.strike_at(TcpProxy::k_never, fault);
      const json report = json::parse(ended.out, nullptr, false);
      REQUIRE_FALSE(report.is_discarded());
      for (const json& script : report.at("scripts")) {
        const std::string outcome = script.at("outcome"), name = script.at("script");
        struck.interrupted += outcome == "interrupted" ? 1 : 0;
        struck.blocked += outcome == "blocked" ? 1 : 0;
        struck.succeeded += outcome == "succeeded" ? 1 : 0;
        CHECK((outcome == "succeeded" || outcome == "interrupted" || outcome == "blocked"));
        if (outcome == "failed") MESSAGE(script.dump());
        const std::string effects = engine.ask("select count(*) from ran where script = '" + name + "'");
        CHECK(effects == (outcome == "succeeded" ? "1" : "0"));
        CHECK(site.exists((outcome == "succeeded" ? "successfully-ran/" : "fix-scripts/") + name));
      }
      CHECK(site.fettle({"run"}).status == 0);
      CHECK(engine.ask("select script from ran order by script") == "001.lua\n002.lua\n003.lua");
      CHECK(engine.ask("select count(*) from fettle_receipts") == "3");
      CHECK(site.fettle({"ledger", "verify"}).status == 0);
      if (!has_struck) break;
      ++struck.points;
    }
  }
  MESSAGE(struck.points, " cuts: ", struck.interrupted, " interrupted, ", struck.blocked, " blocked, ",
          struck.succeeded, " succeeded");
  CHECK(struck.points > 5);
  CHECK(struck.interrupted > 0);
}

}  // namespace

TEST_CASE("crash: postgresql: the line is cut at every message, and every script is applied once") {
  if (support::PostgresqlServer* server = support::PostgresqlServer::shared())
    strike(support::postgresql_engine, server->port());
}

TEST_CASE("crash: mariadb: the line is cut at every message, and every script is applied once") {
  if (support::MariadbServer* server = support::MariadbServer::shared())
    strike(support::mariadb_engine, server->port());
}

// The line to a server is cut at every message of a run, before it and behind it, and the next run sets right what that
// left. FETTLE_EVERY=1 strikes at every message, otherwise at every fifth.
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
using support::Seconds;
using support::Site;
using support::TcpProxy;

namespace {

std::size_t stride() {
  const char* given = std::getenv("FETTLE_EVERY");
  return given != nullptr ? static_cast<std::size_t>(std::max(1, std::atoi(given))) : 5;
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

}  // namespace

TEST_CASE("crash: postgresql: the line is cut at every message, and every script is applied once") {
  support::PostgresqlServer* server = support::PostgresqlServer::shared();
  if (server == nullptr) return;
  TcpProxy proxy(server->port());
  Struck struck;
  for (const TcpProxy::Fault fault : {TcpProxy::Fault::before, TcpProxy::Fault::after}) {
    for (std::size_t message = 0;; message += stride()) {
      CAPTURE(message);
      CAPTURE(static_cast<int>(fault));
      const std::string database = server->make_database();
      server->ask(database, "create table ran (script text); alter table ran owner to fettle");
      const Site site;
      support::use(site, {"postgresql", server->url(database, proxy.port()), {}});
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
        const std::string effects = server->ask(database, "select count(*) from ran where script = '" + name + "'");
        CHECK(effects == (outcome == "succeeded" ? "1" : "0"));
        CHECK(site.exists((outcome == "succeeded" ? "successfully-ran/" : "fix-scripts/") + name));
      }
      const Ended again = site.fettle({"run"});
      CHECK(again.status == 0);
      CHECK(server->ask(database, "select string_agg(script, ' ' order by script) from ran") ==
            "001.lua 002.lua 003.lua");
      CHECK(server->ask(database, "select count(*) from fettle_receipts") == "3");
      CHECK(site.fettle({"ledger", "verify"}).status == 0);
      server->ask("postgres", "drop database " + database);
      if (!has_struck) break;
      ++struck.points;
    }
  }
  MESSAGE(struck.points, " cuts: ", struck.interrupted, " interrupted, ", struck.blocked, " blocked, ",
          struck.succeeded, " succeeded");
  CHECK(struck.points > 5);
  CHECK(struck.interrupted > 0);
}

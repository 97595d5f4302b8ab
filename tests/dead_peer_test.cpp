// The host that fettle runs on is gone at once, so that nobody closes its connections: a network of its own whose line
// is taken down.
#include <chrono>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "support/engine.hpp"
#include "support/postgresql_server.hpp"
#include "support/site.hpp"
#include "support/skip.hpp"

using support::PostgresqlServer;
using support::Program;
using support::Site;

namespace {

bool works(std::vector<std::string> command) {
  return support::run({.command = std::move(command), .directory = "/", .environment = {}}).status == 0;
}

// A namespace with one line to this one, and nothing else.
class Elsewhere {
 public:
  Elsewhere() : number_(static_cast<int>(::getpid()) % 64'000), name_(fmt::format("fettle-{}", ::getpid())) {
    if (!works({"ip", "netns", "add", name_})) return;
    is_there_ = works({"ip", "link", "add", ours(), "type", "veth", "peer", "name", "line", "netns", name_}) &&
                works({"ip", "address", "add", here() + "/30", "dev", ours()}) &&
                works({"ip", "link", "set", ours(), "up"}) &&
                works({"ip", "-n", name_, "address", "add", there() + "/30", "dev", "line"}) &&
                works({"ip", "-n", name_, "link", "set", "line", "up"});
  }
  ~Elsewhere() { works({"ip", "netns", "del", name_}); }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  bool is_there() const noexcept { return is_there_; }
  std::string here() const { return address(1); }
  std::string network() const { return address(0) + "/30"; }
  void cut() const { REQUIRE(works({"ip", "-n", name_, "link", "set", "line", "down"})); }
  support::Launch in(support::Launch launch) const {
    launch.command.insert(launch.command.begin(), {"ip", "netns", "exec", name_});
    return launch;
  }

 private:
  std::string ours() const { return fmt::format("fettle{}", number_); }
  std::string there() const { return address(2); }
  std::string address(int host) const {
    return fmt::format("10.213.{}.{}", number_ / 64 % 256, number_ % 64 * 4 + host);
  }

  int number_;
  std::string name_;
  bool is_there_ = false;
};

const std::string k_long = R"lua(
return { shouldRun = function() return true end,
         execute = function()
           db.exec("update stock set count = count - 1 where id = 1")
           local start = os.time()
           while os.time() - start < 100 do end
           return { executed = true }
         end
}
)lua";

}  // namespace

TEST_CASE("journey: a host that is gone leaves nothing locked in PostgreSQL for more than seconds") {
  if (PostgresqlServer::shared() == nullptr) return;
  const Elsewhere elsewhere;
  if (!elsewhere.is_there()) return support::skip("network namespaces cannot be made here");
  PostgresqlServer server(elsewhere.here(), elsewhere.network());
  const std::string database = server.make_database();
  server.ask(database,
             "create table stock (id int, count int); insert into stock values (1, 7); "
             "alter table stock owner to fettle");
  const Site site, other;
  const std::string url = server.url(database);
  std::string far = url;
  far.replace(far.find("127.0.0.1"), 9, elsewhere.here());
  site.write("config.toml", "[databases.main]\nurl = \"" + far + "\"\n[run]\ntimeout = \"300s\"\n");
  site.write("fix-scripts/001_a.lua", k_long);
  const Program lost(elsewhere.in(site.launch({"run"})));
  const auto locks = [&] {
    return server.ask(database, "select count(*) from pg_locks where locktype = 'advisory' and granted");
  };
  const bool at_work = support::wait_until([&] {
    return locks() == "1" && server.ask(database,
                                        "select count(*) from pg_stat_activity where state = 'idle in transaction' and "
                                        "query ilike '%update stock%'") == "1";
  });
  REQUIRE_MESSAGE(at_work, lost.out() << lost.err());
  elsewhere.cut();
  const auto start = std::chrono::steady_clock::now();
  CHECK(support::wait_until([&] { return locks() == "0"; }, support::Seconds(25)));
  server.ask(database, "set lock_timeout = '2s'; update stock set count = count where id = 1");
  MESSAGE("free after ", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), " s");
  CHECK(server.ask(database, "select count from stock") == "7");
  other.write("config.toml", "[databases.main]\nurl = \"" + url + "\"\n");
  other.write("fix-scripts/001_a.lua",
              "return { shouldRun = function() return true end, execute = function() db.exec('update stock set count = "
              "6 where id = 1') return { executed = true } end }");
  CHECK(other.fettle({"run"}).status == 0);
  CHECK(server.ask(database, "select count from stock") == "6");
}

// Counts the steps of SQLite's virtual machine, as tests/ledger/speed_test.cpp does: no screen that people look at all
// day may cost more because the ledger has grown.
#include <cstdint>
#include <doctest/doctest.h>
#include <map>
#include <sqlite3.h>
#include <string>

#include "web/shop.hpp"

using support::Shop;

namespace {

std::int64_t g_steps = 0;

int count_steps(unsigned /*event*/, void* /*context*/, void* statement, void* /*duration*/) {
  g_steps += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
  return 0;
}

int watch(sqlite3* database, char** /*error*/, const struct sqlite3_api_routines* /*api*/) {
  return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, count_steps, nullptr);
}

struct Counting {
  Counting() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch)); }
  ~Counting() { sqlite3_reset_auto_extension(); }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;
};

// Attempts of a hundred scripts in runs of ten.
void fill(const Shop& shop, int attempts) {
  shop.script("000_first.lua", "return { executed = true }");
  REQUIRE(shop.site.fettle({"run"}).status == 0);
  shop.script("001_pending.lua", "return { executed = true }");
  const std::string numbers = "with recursive n(i) as (select 2 union all select i + 1 from n where i < ";
  shop.site.sql(
      numbers + std::to_string(attempts / 10) +
          ") insert into runs (id, trigger, by, host, pid, command, fettle, started_at, finished_at, exit_code, "
          "scripts, succeeded) select i, 'manual', 'anna', 'h', 1, 'c', '0', i, i + 1, 0, 10, 10 from n",
      ".fettle/ledger.db");
  shop.site.sql(
      numbers + std::to_string(attempts) +
          ") insert into attempts (id, run, script, sha256, state, outcome, started_at, finished_at, moved_to, "
          "total_us) select i, 2 + i / 10, printf('%03d_x.lua', 100 + i % 100), (select sha256 from versions), 'new', "
          "'succeeded', i, i + 1, 'successfully-ran/x.lua', 1000 from n",
      ".fettle/ledger.db");
}

std::map<std::string, std::int64_t> steps_with(int attempts) {
  const Shop shop;
  fill(shop, attempts);
  const Counting counting;
  std::map<std::string, std::int64_t> steps;
  for (const char* address : {"/", "/runs", "/runs?before=60", "/history", "/history?before=600",
                              "/history?outcome=failed", "/attempts/500", "/runs/50", "/scripts/001_pending.lua"}) {
    g_steps = 0;
    const std::string page = shop.screen(address);
    CAPTURE(address);
    CHECK(page.size() > 1000);
    steps[address] = g_steps;
  }
  return steps;
}

}  // namespace

TEST_CASE("no screen costs more because the ledger holds fifty times as many attempts") {
  const auto few = steps_with(1'000);
  const auto many = steps_with(50'000);
  for (const auto& [address, steps] : few) {
    CAPTURE(address);
    CHECK(steps > 0);
    CHECK(many.at(address) <= steps + 200);  // a search by halves takes six rounds more, twice
  }
}

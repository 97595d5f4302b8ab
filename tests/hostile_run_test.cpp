// One long run of which every third script is hostile. FETTLE_HOSTILE_SCRIPTS says how many scripts it has.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <vector>

#include "support/hostile.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace {

namespace fs = std::filesystem;
using support::HostileCase;

const std::string k_catalogue = FETTLE_SOURCE_DIR "/tests/hostile";
constexpr std::size_t k_slow_ones = 12;  // one of so many hostile scripts runs into a limit of time or memory
constexpr std::size_t k_long_ones = 4;   // one of so many returns as long a result as is kept
// What may come on top between the first tenth and the end, in bytes: the page cache of the ledger fills (2 MB), and
// the one script with the longest log may come late. Kept results alone would be more.
#ifdef FETTLE_SANITIZED
constexpr std::uint64_t k_growth = std::uint64_t{256} << 20U;  // freed memory is kept aside for a while
#else
constexpr std::uint64_t k_growth = std::uint64_t{6} << 20U;
#endif

std::size_t scripts_in_all() {
  const char* wanted = std::getenv("FETTLE_HOSTILE_SCRIPTS");
  const std::string_view text = wanted != nullptr ? wanted : "120";
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::max<std::size_t>(count, 30);
}

bool runs_into_a_limit(const HostileCase& one) {
  return std::any_of(one.expected.begin(), one.expected.end(),
                     [](const auto& ending) { return ending.cause == "timeout" || ending.cause == "memory"; });
}

// Fast ones of the whole catalogue in turn, and now and then a long result or one that is stopped at a limit.
std::vector<const HostileCase*> mixed(std::size_t count) {
  std::vector<const HostileCase*> fast, slow, big, chosen;
  for (const HostileCase& one : support::hostile_cases()) {
    if (one.name == "results/result_of_900_kb") big.push_back(&one);
    if (one.text.size() > 10'000 || one.file_name.size() > 200 || one.name.starts_with("memory/many_")) continue;
    if (!runs_into_a_limit(one))
      fast.push_back(&one);
    else if (one.time && one.time->most + one.time->over < 500)
      slow.push_back(&one);
  }
  for (std::size_t at = 0; chosen.size() < count; ++at) {
    const auto& from = at % k_slow_ones == 0 ? slow : at % k_long_ones == k_long_ones - 1 ? big : fast;
    chosen.push_back(from[at * 7 % from.size()]);
  }
  return chosen;
}

struct Filled {
  std::size_t honest = 0;
};

Filled furnish(const support::Scratch& scratch, std::size_t count) {
  fs::copy_file(k_catalogue + "/config.toml", scratch.path("config.toml"));
  for (const char* file : {"app.db", "other.db"}) {
    const auto made = support::run({.command = {"sqlite3", file, ".read " + k_catalogue + "/seed.sql"},
                                    .directory = scratch.path(),
                                    .environment = {}});
    REQUIRE(made.status == 0);
  }
  const std::string honest = support::read_file(k_catalogue + "/honest.script");
  const auto hostile = mixed(count / 3);
  Filled filled;
  for (std::size_t at = 0; at < count; ++at) {
    if (at % 3 == 2 && at / 3 < hostile.size()) {
      std::string name = hostile[at / 3]->file_name;
      name.replace(0, 3, fmt::format("{:05}", at));
      scratch.write("fix-scripts/" + name, fmt::format("{}\n-- {}\n", hostile[at / 3]->text, at));
    } else {
      scratch.write(fmt::format("fix-scripts/{:05}_honest.lua", at), fmt::format("{}-- {}\n", honest, at));
      ++filled.honest;
    }
  }
  return filled;
}

std::size_t count_in(const std::string& folder) {
  if (!fs::exists(folder)) return 0;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string sql(const support::Scratch& scratch, const std::string& file, const std::string& query) {
  return support::run({.command = {"sqlite3", file, query}, .directory = scratch.path(), .environment = {}}).out;
}

}  // namespace

TEST_CASE(
    "hostile: in a long run of which every third script is hostile every honest one succeeds, in the same memory") {
  const std::size_t count = scripts_in_all();
  const support::Scratch scratch;
  const Filled filled = furnish(scratch, count);
  support::Program fettle(
      {.command = {support::fettle_binary(), "run"}, .directory = scratch.path(), .environment = {}});
  std::uint64_t early = 0, late = 0;
  const bool over = support::wait_until(
      [&] {
        const std::uint64_t now = support::peak_memory(fettle.pid());
        if (now > 0) late = now;
        if (early == 0 && count - count_in(scratch.path("fix-scripts")) >= count / 10) early = late;
        return now == 0;
      },
      support::Seconds(600));
  REQUIRE(over);
  CHECK(fettle.wait(support::Seconds(60)).status == 4);
  CHECK(sql(scratch, "app.db", "select count(*) from honest") == fmt::format("{}\n", filled.honest));
  CHECK(sql(scratch, "app.db", "select group_concat(name) from (select name from item order by id)") ==
        "apple,pear,plum\n");
  CHECK(sql(scratch, ".fettle/ledger.db",
            "select count(*) from attempts where script like '%honest%' and outcome = 'succeeded'") ==
        fmt::format("{}\n", filled.honest));
  CHECK(sql(scratch, ".fettle/ledger.db", "select count(*) from attempts where outcome is not null") ==
        fmt::format("{}\n", count));
  MESSAGE(fmt::format("{} scripts, {} of them honest; memory of the runner {} KiB after a tenth, {} KiB at the end",
                      count, filled.honest, early / 1024, late / 1024));
  CHECK(late <= early + k_growth);
}

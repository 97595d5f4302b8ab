// How often a run has the disk synced: counted, not timed, so that the same answer comes on every machine.
// docs/performance.md explains each of these syncs.
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

namespace fs = std::filesystem;

constexpr int k_few = 10, k_many = 60;

struct Syncs {
  bool traced = false;
  std::map<std::string, int> of_file;  // its name, or "folders"
};

const std::string k_one_row = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into ran (script) values (?)", ctx.script) return { executed = true } end
}
)lua";

// "12 fdatasync(5</tmp/x/app.db-journal>) = 0" → "/tmp/x/app.db-journal"; empty: no sync.
std::string synced_path(std::string_view line) {
  const std::size_t call = line.find("sync(");
  const std::size_t open = line.find('<', call);
  const std::size_t close = line.find('>', open);
  if (call == std::string_view::npos || close == std::string_view::npos) return "";
  return std::string(line.substr(open + 1, close - open - 1));
}

// The syncs of one run over so many scripts of one row each. The ledger and the database have been used before.
Syncs syncs_of_a_run(int scripts, std::string_view journal) {
  const support::Scratch scratch;
  scratch.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db\"\n");
  const auto in_scratch = [&](std::vector<std::string> command) {
    return support::run({.command = std::move(command), .directory = scratch.path(), .environment = {}});
  };
  const std::string table = fmt::format("pragma journal_mode={}; create table ran (script text)", journal);
  REQUIRE(in_scratch({"sqlite3", "app.db", table}).status == 0);
  scratch.write("fix-scripts/000.lua", k_one_row);
  REQUIRE(in_scratch({support::fettle_binary(), "run"}).status == 0);
  for (int number = 1; number <= scripts; ++number)
    scratch.write(fmt::format("fix-scripts/{:03}.lua", number), k_one_row);
  const support::Ended ended =
      in_scratch({"strace", "-f", "-y", "-o", "trace", "-e", "trace=fsync,fdatasync", support::fettle_binary(), "run"});
  if (ended.err.find("strace") != std::string::npos || ended.status == 127) return {};
  REQUIRE(ended.status == 0);
  REQUIRE(scratch.list("successfully-ran").size() == static_cast<std::size_t>(scripts) + 1);
  Syncs syncs{.traced = true, .of_file = {}};
  for (const std::string_view line : base::split(scratch.read("trace"), '\n'))
    if (const std::string path = synced_path(line); !path.empty())
      ++syncs.of_file[fs::is_directory(path) ? "folders" : fs::path(path).filename().string()];
  return syncs;
}

// What one more script costs, without what a run costs by itself.
struct PerScript {
  Syncs few, many;

  double operator()(const std::string& file) const {
    const auto count = [&](const Syncs& syncs) {
      const auto found = syncs.of_file.find(file);
      return found == syncs.of_file.end() ? 0 : found->second;
    };
    return static_cast<double>(count(many) - count(few)) / (k_many - k_few);
  }
};

PerScript per_script(std::string_view journal) {
  return {syncs_of_a_run(k_few, journal), syncs_of_a_run(k_many, journal)};
}

}  // namespace

TEST_CASE("processes: a script costs one sync of the ledger, and four of a database with a rollback journal") {
  PerScript syncs = per_script("delete");
  if (!syncs.few.traced || !syncs.many.traced) return support::skip("processes cannot be traced here");
  CHECK(syncs.many.of_file["ledger.db-wal"] >= k_many);  // fewer: an outcome was not made durable
  CHECK(syncs("ledger.db-wal") + syncs("ledger.db") <= 1.1);
  CHECK(syncs("app.db-journal") == 3);  // pages, number of pages, end
  CHECK(syncs("app.db") == 1);
  CHECK(syncs("folders") < 0.5);  // every hundred scripts, and every second: a slow machine has some
}

TEST_CASE("processes: a script costs one sync of the ledger, and one of a database with a write-ahead log") {
  PerScript syncs = per_script("wal");
  if (!syncs.few.traced || !syncs.many.traced) return support::skip("processes cannot be traced here");
  CHECK(syncs.many.of_file["ledger.db-wal"] >= k_many);
  CHECK(syncs("ledger.db-wal") + syncs("ledger.db") <= 1.1);
  CHECK(syncs("app.db-wal") >= 1);
  CHECK(syncs("app.db-wal") + syncs("app.db") <= 1.1);
  CHECK(syncs("folders") < 0.5);  // every hundred scripts, and every second: a slow machine has some
}

// The whole circle on servers through the built program: random tables and random scripts. A preview leaves every row
// as it was, and tells what the run then does; the run tells what really changed, by dumps before and behind; and a
// rollback by rows gives back what was, or says why not and changes nothing. FETTLE_CIRCLE_CASES and FETTLE_CIRCLE_SEED
// try more, and others; the last one is a new one each time.
#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "support/engine.hpp"
#include "support/random_scripts.hpp"
#include "support/site.hpp"

using nlohmann::json;
using support::Dialect;
using support::Dice;
using support::Engine;
using support::RandomTable;
using support::RandomTables;
using support::Site;

namespace {

using Rows = std::vector<std::string>;  // each as text, sorted
using Dump = std::map<std::string, Rows>;

std::string as_text(const Dialect& dialect, const RandomTable& table) {
  if (dialect.is_postgresql())
    return fmt::format("SELECT '{0} ' || x::text FROM {1} AS x", table.bare_name(), table.name);
  std::vector<std::string> parts{fmt::format("'{} '", table.bare_name())};
  for (const std::string& column : table.columns)
    parts.push_back(fmt::format("coalesce(hex(cast({} AS binary)), '-'), ' '", column));
  return fmt::format("SELECT concat({}) FROM {}", fmt::join(parts, ", "), table.name);
}

Dump dump(const Engine& engine, const Dialect& dialect, const std::vector<RandomTable>& tables) {
  Rows all;
  for (const RandomTable& each : tables) all.push_back(as_text(dialect, each));
  const std::string text = engine.ask(fmt::format("{}", fmt::join(all, " UNION ALL ")));
  Dump rows;
  for (const RandomTable& each : tables) rows[each.bare_name()];
  for (const std::string_view line : base::split(text, '\n'))
    for (auto& [name, of_table] : rows)
      if (line.starts_with(name + " ")) of_table.emplace_back(line);
  for (auto& [name, of_table] : rows) std::sort(of_table.begin(), of_table.end());
  return rows;
}

std::string lua_of(const std::vector<std::string>& statements) {
  std::string body;
  for (const std::string& sql : statements) body += fmt::format("    db.exec([==[{}]==])\n", sql);
  return fmt::format(
      "return {{ shouldRun = function() return true end,\n  execute = function()\n{}    return {{ executed = true }}\n "
      " "
      "end }}\n",
      body);
}

// Numbers alone: what now() and sequences give differs from one time to the next.
std::map<std::string, std::string> numbers_in(const json& script) {
  std::map<std::string, std::string> numbers;
  if (script.at("changes").is_null()) return numbers;
  for (const json& table : script.at("changes").at("tables"))
    numbers[table.at("table").is_null() ? "" : table.at("table").get<std::string>()] =
        fmt::format("+{} ~{} -{} {} {}", table.at("inserted").dump(), table.at("updated").dump(),
                    table.at("deleted").dump(), table.at("net").dump(), table.at("gap").dump());
  return numbers;
}

std::size_t more_in(const Rows& rows, const Rows& than) {
  Rows more;
  std::set_difference(rows.begin(), rows.end(), than.begin(), than.end(), std::back_inserter(more));
  return more.size();
}

bool is_known(const json& table) {
  return table.at("gap").is_null() && table.at("net") == true;
}

// Whether all is known of what the script changed; checks that it is the truth.
bool check_told(const json& script, const Dump& before, const Dump& after) {
  const json tables = script.at("changes").is_null() ? json::array() : script.at("changes").at("tables");
  std::set<std::string> told;
  for (const json& table : tables) {
    if (table.at("table").is_null()) continue;
    const std::string name = table.at("table");
    CAPTURE(name);
    CHECK(told.insert(name).second);
    if (!is_known(table)) continue;
    const std::size_t inserted = table.at("inserted"), updated = table.at("updated"), deleted = table.at("deleted");
    CHECK(more_in(after.at(name), before.at(name)) == inserted + updated);
    CHECK(more_in(before.at(name), after.at(name)) == deleted + updated);
  }
  if (!std::all_of(tables.begin(), tables.end(), is_known)) return false;
  for (const auto& [name, rows] : before) {
    CAPTURE(name);
    CHECK((told.contains(name) || rows == after.at(name)));
  }
  return true;
}

struct Tally {
  std::uint64_t cases = 0, succeeded = 0, complete = 0, undone = 0;
};

void go_round(const Engine& engine, const Dialect& dialect, const Site& site, std::uint64_t seed, Tally& tally) {
  Dice dice(seed);
  const RandomTables made = dialect.tables(dice);
  engine.ask(dialect.script(made.setup));
  std::vector<std::string> statements;
  for (std::size_t at = 1 + dice.below(3); at > 0; --at) statements.push_back(dialect.statement(dice, made.tables));
  const std::string name = fmt::format("{:06}_case.lua", ++tally.cases);
  site.write("fix-scripts/" + name, lua_of(statements));
  CAPTURE(seed);
  const std::string story =
      fmt::format("{};\n-- script\n{};", fmt::join(made.setup, ";\n"), fmt::join(statements, ";\n"));
  CAPTURE(story);

  const Dump before = dump(engine, dialect, made.tables);
  const json preview = site.fettle_json({"run", "--dry-run", "--json"});
  CHECK(dump(engine, dialect, made.tables) == before);
  const json run = site.fettle_json({"run", "--json"});
  const Dump after = dump(engine, dialect, made.tables);
  const json &seen = preview.at("scripts").at(0), &done = run.at("scripts").at(0);
  REQUIRE(done.at("script") == name);
  CHECK(seen.at("outcome") == done.at("outcome"));
  CHECK(seen.at("cause") == done.at("cause"));  // the error may tell what now() gave
  if (done.at("outcome") != "succeeded") {
    CAPTURE(done.at("error").dump());
    CHECK(done.at("outcome") == "failed");
    CHECK(after == before);
    return;
  }
  ++tally.succeeded;
  CHECK(numbers_in(seen) == numbers_in(done));
  const bool complete = check_told(done, before, after);
  if (complete) ++tally.complete;

  const support::Ended undone = site.fettle({"rollback", name, "--yes", "--json"});
  CAPTURE(undone.out);
  CAPTURE(undone.err);
  const Dump behind = dump(engine, dialect, made.tables);
  if (undone.status == 0) {
    ++tally.undone;
    CHECK(complete);
    CHECK(behind == before);
    return;
  }
  CHECK(behind == after);
  const bool has_trap =
      !dialect.is_postgresql() &&
      std::any_of(made.tables.begin(), made.tables.end(), [](const RandomTable& each) { return !each.parent.empty(); });
  const bool changed_nothing = done.at("changes").is_null() || done.at("changes").at("tables").empty();
  CHECK((!complete || has_trap || changed_nothing));
}

void go_round_often(const Engine& engine, const Dialect& dialect) {
  const std::uint64_t cases = support::number_of("FETTLE_CIRCLE_CASES", 12);
  const std::uint64_t first = support::number_of("FETTLE_CIRCLE_SEED", 1);
  const Site site;
  support::use(site, engine);
  Tally tally;
  for (std::uint64_t seed = first; seed <= first + cases; ++seed)
    go_round(engine, dialect, site, seed < first + cases ? seed : std::random_device()(), tally);
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
  MESSAGE(fmt::format("{} cases, {} succeeded, {} of them known completely, {} undone", tally.cases, tally.succeeded,
                      tally.complete, tally.undone));
  CHECK(tally.succeeded * 4 > tally.cases);
  CHECK(tally.undone > 0);
}

}  // namespace

TEST_CASE("circle: postgresql: a preview changes nothing and tells what the run does, and a rollback takes it back") {
  const Engine engine = support::postgresql_engine();
  if (engine.name.empty()) return;
  engine.ask("grant set on parameter session_replication_role to fettle");
  support::PostgresqlServer::shared()->let_vacuum(false);
  go_round_often(engine, support::postgresql_dialect());
  support::PostgresqlServer::shared()->let_vacuum(true);
  engine.ask("revoke set on parameter session_replication_role from fettle");
}

TEST_CASE("circle: mariadb: a preview changes nothing and tells what the run does, and a rollback takes it back") {
  const Engine engine = support::mariadb_engine();
  if (engine.name.empty()) return;
  go_round_often(engine, support::mariadb_dialect());
}

// The built program over random SQLite files and random scripts: a preview changes nothing and tells what a run then
// does, what is recorded of the run is what changed, and a rollback gives back what was, or says why not and changes
// nothing. FETTLE_CIRCLE_CASES and FETTLE_CIRCLE_SEED try more, and others.
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <vector>

#include "core/wire.hpp"
#include "ledger/history.hpp"
#include "support/random_sqlite.hpp"
#include "support/site.hpp"
#include "target/sqlite.hpp"

using nlohmann::json;
using support::Dice;
using support::Dump;
using support::Ended;
using support::Site;

namespace {

enum class Came { undone, refused, stopped };  // stopped: the script took too long, which triggers can make it

std::string random_script(Dice& dice, const std::vector<support::Table>& tables) {
  std::string body;
  for (std::size_t at = 1 + dice.below(10); at > 0; --at)
    body += fmt::format("  pcall(db.exec, [[{}]])\n", support::random_statement(dice, tables));
  return fmt::format(
      "return {{ shouldRun = function() return true end, execute = function()\n{}  return {{ executed = true }} end }}",
      body);
}

Dump dump_of(const Site& site, const std::vector<support::Table>& tables) {
  const auto connection = target::open_sqlite("app.db", {site.path("."), site.path(".fettle/ledger.db")});
  connection->begin(core::Access::read);
  Dump all = support::dump(*connection, tables);
  connection->rollback();
  return all;
}

std::string packed(const core::Row& row) {
  core::Writer out;
  return row.empty() ? std::string() : out.put(row).take();
}

support::Account recorded_by(const Site& site) {
  support::Account account;
  const auto history = ledger::History::open(site.path(".fettle/ledger.db"));
  REQUIRE(history);
  account.changes = history->changes(1);
  history->each_changed_row(1, [&account](const core::RowChange& row) {
    account.rows[account.changes.tables.at(row.table).table].push_back(
        {row.kind, packed(row.before), packed(row.after)});
  });
  return account;
}

Came try_case(std::uint64_t seed) {
  Dice dice(seed);
  const Site site;
  const bool keys = dice.one_in(2);
  site.write("config.toml", fmt::format("[databases.main]\nurl = \"sqlite:app.db{}\"\n[run]\ntimeout = \"10s\"\n",
                                        keys ? "?foreign_keys=on" : ""));
  std::filesystem::remove(site.path("app.db"));
  const support::RandomDatabase database = support::random_database(dice, site.path("app.db"));
  const std::string script = random_script(dice, database.tables);
  site.write("fix-scripts/001.lua", script);
  CAPTURE(seed);
  CAPTURE(fmt::format("{};\n{}", fmt::join(database.statements, ";\n"), script));

  const Dump before = dump_of(site, database.tables);
  const std::string file = support::read_file(site.path("app.db"));
  const json preview = site.fettle_json({"run", "--dry-run", "--full", "--json"});
  CHECK(support::read_file(site.path("app.db")) == file);
  CHECK((dump_of(site, database.tables) == before));

  const json run = site.fettle_json({"run", "--full", "--json"});
  const Dump after = dump_of(site, database.tables);
  if (run.at("scripts").at(0).at("cause") == "timeout" || preview.at("scripts").at(0).at("cause") == "timeout")
    return Came::stopped;
  CHECK(run.at("scripts").at(0).at("outcome") == preview.at("scripts").at(0).at("outcome"));
  CHECK(run.at("scripts").at(0).at("changes") == preview.at("scripts").at(0).at("changes"));
  if (run.at("scripts").at(0).at("outcome") != "succeeded") {  // a foreign key may be broken until the commit
    CHECK((after == before));
    return Came::refused;
  }
  const support::Account recorded = recorded_by(site);
  for (const support::Table& each : database.tables) {
    CAPTURE(each.name);
    check_table(each, recorded, before.at(each.name), after.at(each.name));
  }

  const Ended undone = site.fettle({"rollback", "001", "--yes"});
  CAPTURE(undone.out);
  CAPTURE(undone.err);
  const Dump behind = dump_of(site, database.tables);
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
  if (undone.status == 0) {
    CHECK((behind == before));
    return Came::undone;
  }
  CHECK((undone.status == 2 || undone.status == 4));
  CHECK(!(undone.out + undone.err).empty());
  CHECK((behind == after));
  return Came::refused;
}

}  // namespace

TEST_CASE("journey: a preview of any script is what its run does, and a rollback gives back what was or refuses") {
  const std::uint64_t cases = support::number_of("FETTLE_CIRCLE_CASES", 16),
                      first = support::number_of("FETTLE_CIRCLE_SEED", 1);
  std::uint64_t undone = 0;
  for (std::uint64_t seed = first; seed < first + cases; ++seed) undone += try_case(seed) == Came::undone ? 1 : 0;
  CAPTURE(undone);
  CHECK(undone * 2 >= cases);
}

// What SQLite tells of a script's changes against what really changed: random tables, random scripts, and dumps of all
// tables before and behind. FETTLE_CHANGES_CASES and FETTLE_CHANGES_SEED try more, and others.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <vector>

#include "core/changes.hpp"
#include "support/random_sqlite.hpp"
#include "support/scratch.hpp"
#include "target/sqlite.hpp"

namespace {

using support::Account;
using support::Dice;
using support::Dump;
using support::Table;

Account told_by(target::Connection& connection) {
  struct Row {
    std::uint32_t table;
    support::Told told;
  };
  std::vector<Row> rows;
  Account account;
  account.changes = connection.changes([&rows](const target::PackedChange& change) {
    rows.push_back({change.table, {change.kind, std::string(change.before), std::string(change.after)}});
    return true;
  });
  for (Row& row : rows) account.rows[account.changes.tables.at(row.table).table].push_back(std::move(row.told));
  return account;
}

// Triggers that write for each row multiply for ever: a statement is stopped after some million steps of SQLite, which
// ends its transaction.
constexpr int k_most_asked = 200;

// false: it was stopped.
bool try_case(std::uint64_t seed) {
  Dice dice(seed);
  const support::Scratch scratch;
  const support::RandomDatabase database = support::random_database(dice, scratch.path("app.db"));
  const std::vector<Table>& tables = database.tables;
  std::vector<std::string> story;
  const auto connection = target::open_sqlite(dice.one_in(2) ? "app.db?foreign_keys=on" : "app.db",
                                              {scratch.path(), scratch.path(".fettle/ledger.db")});
  connection->watch_changes(std::uint64_t{16} << 20U);
  int asked = 0;
  connection->stop_when([&asked] { return ++asked > k_most_asked; });
  for (int script = 0; script < 3; ++script) {
    connection->begin(core::Access::write);
    const Dump before = dump(*connection, tables);
    for (std::size_t at = 1 + dice.below(10); at > 0; --at) {
      story.push_back(support::random_statement(dice, tables));
      try {
        connection->execute(story.back(), {});
      } catch (const target::SqlError& error) {
        story.back() += fmt::format(" /* {} */", error.what());
      }
    }
    if (asked > k_most_asked) return false;
    CAPTURE(seed);
    CAPTURE(fmt::format("{};\n-- script\n{};", fmt::join(database.statements, ";\n"), fmt::join(story, ";\n")));
    REQUIRE(connection->in_transaction());
    const Account account = told_by(*connection);
    const Dump after = dump(*connection, tables);
    for (const Table& each : tables) {
      CAPTURE(each.name);
      check_table(each, account, before.at(each.name), after.at(each.name));
    }
    connection->rollback();
  }
  return true;
}

}  // namespace

TEST_CASE("what SQLite tells of the changes of any script is what changed, and taking it back gives what was") {
  const std::uint64_t cases = support::number_of("FETTLE_CHANGES_CASES", 200),
                      first = support::number_of("FETTLE_CHANGES_SEED", 1);
  std::uint64_t stopped = 0;
  for (std::uint64_t seed = first; seed < first + cases; ++seed) stopped += try_case(seed) ? 0 : 1;
  CAPTURE(stopped);
  CHECK(stopped * 20 <= cases);
}
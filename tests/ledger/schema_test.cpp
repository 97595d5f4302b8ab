#include "ledger/schema.hpp"

#include <SQLiteCpp/Statement.h>
#include <array>
#include <doctest/doctest.h>
#include <string>

#include "core/observer.hpp"
#include "ledger/ledger_fixture.hpp"

using support::LedgerFixture;

namespace {

SQLite::Database fresh(const support::Scratch& scratch) {
  return {scratch.path("x.db"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
}

}  // namespace

TEST_CASE("the schema takes every outcome and cause that fettle knows, and no other") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(support::run_of("anna"));
  const core::Script script = support::script_of("x.lua", "return {}");
  for (const std::string_view name : core::outcome_names())
    CHECK_NOTHROW(LedgerFixture::attempt(ledger, run, script, support::ended(core::outcome_from(name).value())));
  for (int cause = 0; cause <= static_cast<int>(core::Cause::dependency); ++cause) {
    ledger::Finished finished = support::ended(core::OutcomeKind::failed);
    finished.outcome.cause = static_cast<core::Cause>(cause);
    CHECK_NOTHROW(LedgerFixture::attempt(ledger, run, script, finished));
  }
  CHECK_THROWS(fixture.tamper("UPDATE attempts SET outcome = 'fine'"));
  CHECK_THROWS(fixture.tamper("UPDATE attempts SET cause = 'bad luck'"));
  CHECK_THROWS(fixture.tamper("UPDATE attempts SET outcome = NULL"));
}

TEST_CASE("every column of the schema is explained") {
  std::string_view rest = ledger::schema_text();
  bool in_table = false;
  std::string pending;
  int columns = 0;
  while (!rest.empty()) {
    const std::string line(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with("CREATE TABLE"))
      in_table = true;
    else if (line.starts_with(")"))
      in_table = false;
    if (!in_table || line.size() < 3 || line[0] != ' ') continue;
    if (line[2] >= 'a' && line[2] <= 'z') {
      CHECK_MESSAGE(pending.empty(), pending);
      pending = line;
      ++columns;
    }
    if (line.find("--") != std::string::npos) pending.clear();
  }
  CHECK(pending.empty());
  CHECK(columns > 60);
}

TEST_CASE("an older ledger is brought up by the steps it lacks, in order") {
  const support::Scratch scratch;
  SQLite::Database database = fresh(scratch);
  ledger::create(database);
  database.exec("PRAGMA user_version = 14");
  const std::array<ledger::MigrationStep, 3> steps = {{{14, "this step was taken long ago"},
                                                       {15, "CREATE TABLE five (a INTEGER)"},
                                                       {16, "ALTER TABLE five ADD COLUMN b TEXT"}}};
  ledger::migrate(database, steps);
  CHECK(ledger::version_of(database) == 16);
  CHECK_NOTHROW(database.exec("SELECT a, b FROM five LIMIT 0"));
  CHECK_NOTHROW(ledger::migrate(database, steps));
}

TEST_CASE("a migration that fails half-way changes nothing") {
  const support::Scratch scratch;
  SQLite::Database database = fresh(scratch);
  ledger::create(database);
  const int version = ledger::version_of(database);
  const std::array<ledger::MigrationStep, 2> steps = {
      {{version + 1, "CREATE TABLE five (a INTEGER)"}, {version + 2, "DROP TABLE never_was"}}};
  CHECK_THROWS(ledger::migrate(database, steps));
  CHECK(ledger::version_of(database) == version);
  CHECK_FALSE(database.tableExists("five"));
}

TEST_CASE("a schema that cannot be made in full is not made at all") {
  const support::Scratch scratch;
  {
    SQLite::Database database = fresh(scratch);
    database.exec("CREATE TABLE events (id INTEGER)");
    CHECK_THROWS(ledger::create(database));
    CHECK_FALSE(database.tableExists("runs"));
    CHECK(ledger::version_of(database) == 0);
  }
}

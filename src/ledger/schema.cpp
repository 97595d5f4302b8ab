#include "ledger/schema.hpp"

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <string>

namespace ledger {

int version_of(SQLite::Database& database) {
  return database.execAndGet("PRAGMA user_version").getInt();
}

void create(SQLite::Database& database) {
  // EXTRA also syncs the folder when the rollback journal goes: were it to come back after a power cut, it would undo
  // the schema under a write-ahead log that already holds attempts.
  database.exec("PRAGMA synchronous = EXTRA");
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (version_of(database) != 0) return;  // somebody else was quicker
  database.exec(fmt::format("PRAGMA application_id = {}", k_application_id));
  database.exec(std::string(schema_text()));
  database.exec(fmt::format("PRAGMA user_version = {}", k_version));
  transaction.commit();
}

void migrate(SQLite::Database& database, std::span<const MigrationStep> steps) {
  const int version = version_of(database);
  if (steps.empty() || steps.back().to <= version) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (const MigrationStep& step : steps) {
    if (step.to <= version) continue;
    database.exec(std::string(step.sql));
    database.exec(fmt::format("PRAGMA user_version = {}", step.to));
  }
  transaction.commit();
}

std::span<const MigrationStep> migration_steps() noexcept {
  return {};
}

}  // namespace ledger

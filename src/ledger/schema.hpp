// What makes a SQLite file a fettle ledger, and of which version. Used by the connection of either side; knows no
// paths. schema.sql is the whole of the current version; an older file is brought up by numbered steps, in one
// transaction. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <functional>
#include <span>
#include <string_view>

namespace ledger {

inline constexpr int k_application_id = 0x6674746c;  // "fttl"
inline constexpr int k_version = 7;                  // PRAGMA user_version of what this program writes
inline constexpr int k_oldest_readable = 1;          // what it can still migrate
inline constexpr int k_oldest_shown = 6;             // its tables are those of today: what only looks reads it

// Brings a ledger from version to - 1 to version `to`.
struct MigrationStep {
  int to = 0;
  std::string_view sql;
  void (*then)(SQLite::Database&) = nullptr;  // what SQL cannot do; nullptr: nothing
};

// The text of schema.sql.
std::string_view schema_text() noexcept;

int version_of(SQLite::Database& database);

// Makes an empty file a ledger: all or nothing, and durable.
void create(SQLite::Database& database);

// The steps from the file's version on, all or nothing. before: within that transaction, when there is a step to take.
void migrate(SQLite::Database& database, std::span<const MigrationStep> steps,
             const std::function<void()>& before = {});

// All steps that this program knows, in order.
std::span<const MigrationStep> migration_steps() noexcept;

}  // namespace ledger

// Opening the ledger file on either side, and saying what is wrong when SQLite refuses. A file that is not a ledger is
// recognised by its first bytes, before SQLite may lock, recover or write anything. Everything here throws
// Error(ledger_broken).
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <optional>
#include <string>
#include <string_view>

namespace ledger {

inline constexpr int k_busy_timeout = 2000;  // ms: nobody else writes, so only a person's own tool can be in the way

// Makes folder and file when they are missing, migrates, and sees to it that WAL and synchronous=FULL are in force.
SQLite::Database connect_to_write(const std::string& path);

// nullopt: there is no ledger yet. Never makes or changes the ledger.
std::optional<SQLite::Database> connect_to_read(const std::string& path);

// A file that is not there yet and that nobody but its owner may read, for SQLite to fill. Throws Error(ledger_broken).
void make_private_file(const std::string& path);

// All that it holds now as a database of its own in such a file. Throws SQLite::Exception, Error(ledger_broken).
void copy_whole(SQLite::Database& database, const std::string& path);

// What was written to a file is on disk when this returns.
void sync_file(const std::string& path);

// Where a ledger of an older schema is kept as it was when it is brought up to date: "ledger.db.schema-5".
std::string path_before_upgrade(const std::string& path, int schema);

// For a connection whose sync may have failed: what it wrote last must not be carried from the log into the file.
void never_checkpoint(SQLite::Database& database) noexcept;

// "PATH: DOING: what SQLite said", and the next step that fits the cause.
[[noreturn]] void throw_broken(const std::string& path, std::string_view doing, const SQLite::Exception& failure,
                               std::string state);

}  // namespace ledger

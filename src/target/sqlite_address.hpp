// The address part of a sqlite: URL: which file, and how it is to be opened.
#pragma once

#include <SQLiteCpp/Database.h>
#include <chrono>
#include <string>
#include <string_view>

#include "target/drivers.hpp"

namespace target {

struct SqliteAddress {
  std::string path;  // absolute, links resolved
  bool may_create = false;
  bool only_read = false;  // see Surroundings
  bool foreign_keys = false;
  std::chrono::milliseconds busy_timeout{5000};
};

// Resolves links, refuses unknown options, a missing file and the ledger. Throws SqlError (unreachable).
SqliteAddress parse_sqlite_address(std::string_view text, const Surroundings& surroundings);

// Throws SqlError (unreachable).
SQLite::Database open_file(const SqliteAddress& address);

// "this target cannot be used because …". Throws SqlError (unreachable).
[[noreturn]] void refuse_target(const std::string& why);

}  // namespace target

// What is applied now, as the ledger knows it: what a person may want to take back. Used by both sides of the ledger.
// Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace ledger {

// An attempt that succeeded and was not taken back since. A version may have several.
struct Applied {
  std::int64_t attempt = 0, run = 0;
  std::string script, sha256, database, moved_to;
  base::Instant finished;
  std::vector<std::pair<std::string, std::string>> args;  // what --arg gave it
};

struct AppliedFilter {
  std::string script;       // empty: any
  std::int64_t run = 0;     // 0: any
  base::Instant since;      // ended then or later; 0: any
  std::int64_t limit = -1;  // newest first; -1: all
};

std::vector<Applied> find_applied(SQLite::Database& database, const AppliedFilter& filter);

// Of what is applied now, every word of `depends`: who depends, and on what.
struct Dependent {
  std::int64_t attempt = 0;
  std::string script, word;
};
std::vector<Dependent> find_dependents(SQLite::Database& database);

}  // namespace ledger

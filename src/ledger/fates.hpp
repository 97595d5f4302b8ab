// What became of each script in the end, read out of all its attempts. Used by ledger/history. Throws
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/attempts.hpp"

namespace ledger {

enum class Fate {
  succeeded,    // it is applied now, and never failed before it was
  recovered,    // it failed at some time, and is applied now
  skipped,      // it is not applied, and was last found not to be needed
  rolled_back,  // it was applied, and was taken back
};

struct Fated {
  std::string script;
  Fate fate = Fate::succeeded;
  std::int64_t attempt = 0;  // that decided it
  base::Instant at;          // its end
};

// Sorted by the bytes of the name. Scripts of another fate are not among them. Reads every attempt.
std::vector<Fated> find_fates(SQLite::Database& database);
// The same without those that plainly succeeded, off indexes. nullopt: more than so many rows would have to be read.
std::optional<std::vector<Fated>> glance_at_fates(SQLite::Database& database, std::size_t most_rows);

// What a person, or the next run, has to look into: newest attempts whose outcome is unknown, and those that have not
// ended. One of these may be at work now.
std::vector<Attempt> find_open_questions(SQLite::Database& database);

}  // namespace ledger

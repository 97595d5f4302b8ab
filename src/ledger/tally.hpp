// Attempts counted as they end, for who counts all the time: each is read once. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace ledger {

struct Tally {
  // Seconds: upper bounds of the durations that are counted together; the last part has none.
  static constexpr std::array<double, 9> k_bounds = {0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600};

  std::int64_t last = 0;                                      // the newest attempt that is counted, and all before it
  std::map<std::string, std::int64_t> outcomes;               // attempts by how they ended
  std::array<std::int64_t, k_bounds.size() + 1> durations{};  // of those that succeeded or failed
  double seconds = 0;                                         // of these, together
};

// Up to the first one that has not ended.
void tally_attempts(SQLite::Database& database, Tally& tally);

}  // namespace ledger

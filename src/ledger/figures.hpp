// Figures of a ledger: how much it holds, how attempts went, and what scripts cost. Each is counted in the rows when
// it is asked for. Read side. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace ledger {

using Microseconds = std::chrono::microseconds;

struct Figures {
  std::vector<std::pair<std::string, std::int64_t>> tables;    // rows by table, in the order of the schema
  std::vector<std::pair<std::string, std::int64_t>> outcomes;  // attempts that have ended so, most first
  std::int64_t unfinished = 0;                                 // attempts without an end
  std::int64_t last_day = 0, last_week = 0;                    // attempts begun in the 24 hours and 7 days before now
  std::int64_t scripts = 0;                                    // names that were ever attempted
  std::optional<base::Instant> first, last;                    // starts of attempts
  std::optional<Microseconds> median, slow, longest;  // total time of those that succeeded; slow: 95 of 100 are quicker
  std::optional<Microseconds> median_commit;          // of the database, of those
  std::int64_t bytes = 0, free_bytes = 0;             // of the file; what of it is not used
  std::int64_t text_bytes = 0, row_bytes = 0;         // of these, packed: texts of scripts; changed rows and previews
};
Figures count_figures(SQLite::Database& database, base::Instant now);

// One script over all attempts in which it was executed.
struct ScriptFigures {
  std::string script;
  std::int64_t attempts = 0, failed = 0;   // failed: as an outcome
  Microseconds should_run{0}, execute{0};  // medians
  Microseconds longest{0}, total{0};       // of execute(); of all attempts together
  std::optional<double> trend;  // median of execute() in the newest third by that in the oldest; of nine attempts on
};
// Those that cost most in all first.
std::vector<ScriptFigures> figures_by_script(SQLite::Database& database);

// What in the file is not as this program makes it: tables, columns, indexes, triggers, and rows whose owner is gone.
std::vector<std::string> structural_faults(SQLite::Database& database);

}  // namespace ledger

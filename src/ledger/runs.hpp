// Runs as the ledger holds them. Used by ledger/history. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/report.hpp"
#include "ledger/ledger.hpp"

namespace ledger {

struct Run {
  std::int64_t id = 0;
  std::string trigger, by, host, reason, command;
  std::int64_t pid = 0;
  base::Instant started;
  std::optional<base::Instant> finished;  // nullopt: still going on, or its process died
  std::optional<int> exit_code;
  std::int64_t scripts = 0;  // that it had to deal with; 0 while it goes on
  core::Counts counts;       // up to now
};

// As the functions of History of these names.
std::optional<Run> select_last_run(SQLite::Database& database);
std::vector<Run> select_runs(SQLite::Database& database, std::int64_t limit, std::int64_t before);
std::optional<Run> find_run(SQLite::Database& database, std::int64_t id);
std::int64_t find_run_of_process(SQLite::Database& database, std::int64_t pid, const std::string& host,
                                 base::Instant since);
// Runs that were previews, newest first. run: only that one; 0: all. limit 0: no limit.
std::vector<Run> select_previews(SQLite::Database& database, std::int64_t run, std::int64_t limit);

}  // namespace ledger

// Attempts as the ledger holds them, and how they are found among a million. Used by ledger/history. Throws
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/ledger.hpp"

namespace ledger {

// The state of an attempt that is a person's declaration (schema.sql).
inline constexpr std::string_view k_marked = "marked";
inline constexpr std::string_view k_settled = "settled";  // Ledger::settle_doubt

// One attempt in full.
struct Attempt {
  std::int64_t id = 0;
  std::int64_t run = 0;
  std::string script, sha256, state;
  std::optional<core::OutcomeKind> ended_as;  // nullopt: still running, or its runner died
  core::Outcome outcome;                      // meaningful when ended_as is set
  std::string moved_to, database, description;
  bool repeatable = false;
  base::Instant started, finished;
  Measures measures;
  Details details;
  std::string trigger, by, host, run_reason, command;  // of its run
};

// All that is said must hold.
struct Filter {
  std::string script;                                 // exact name; empty: any
  std::optional<core::OutcomeKind> outcome;           // nullopt: any
  std::int64_t run = 0;                               // 0: any
  std::int64_t limit = 20;                            // newest first; 0: no limit
  std::optional<base::Instant> since = std::nullopt;  // started then or later
  std::optional<base::Instant> until = std::nullopt;  // started then or before
  std::string by = {};                                // exact name of who started its run; empty: any
  std::int64_t before = 0;                            // only attempts with a smaller id: the next page; 0: any
  std::int64_t after = 0;                             // only attempts with a greater id
  // Letters, large or small, of its script, description, reason, message or error. No index knows them: every attempt
  // that fits otherwise is read, so `after` had better be set.
  std::string text = {};
};

// Newest first, a few at a time: nothing is locked while they are taken, and what is begun meanwhile is not among them.
void each_attempt(SQLite::Database& database, const Filter& filter, const std::function<void(Attempt&&)>& take);
std::optional<Attempt> find_attempt(SQLite::Database& database, std::int64_t id);
std::optional<Attempt> find_in_work(SQLite::Database& database);
// The attempt whose rollback() took this one back; 0: none has.
std::int64_t find_taken_back_by(SQLite::Database& database, const Attempt& attempt);

}  // namespace ledger

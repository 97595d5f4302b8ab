// The statements of the write side, one function each, prepared once. No transactions and no error texts: ledger.cpp
// puts them round these. Throws SQLite::Exception; Error(internal) for an attempt that is not there to be finished.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/attempts.hpp"
#include "ledger/chain.hpp"
#include "ledger/changes.hpp"
#include "ledger/known.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sql.hpp"
#include "ledger/texts.hpp"

namespace ledger {

class Writes {
 public:
  explicit Writes(SQLite::Database& database) noexcept;

  void begin_transaction();
  void commit();

  std::int64_t insert_run(const RunStart& start);
  void end_run(std::int64_t run, const RunEnd& end);
  std::int64_t insert_attempt(const Intent& intent);
  void end_attempt(std::int64_t attempt, const Finished& finished);
  void count_outcome(std::int64_t attempt, core::OutcomeKind outcome);
  void write_details(std::int64_t attempt, const Details& details);
  void write_progress(std::int64_t attempt, const core::Progress& progress, base::Instant at);
  void insert_lines(std::int64_t attempt, const std::vector<LogLine>& lines);
  void set_moved_to(std::int64_t attempt, const std::string& moved_to);
  void insert_previewed(std::int64_t run, std::int64_t number, const Previewed& script);
  std::int64_t insert_event(const Event& event);
  std::vector<Ledger::Unfinished> unfinished();
  std::vector<Ledger::Unfiled> unfiled(core::Skipped skipped);
  std::vector<InDoubt> in_doubt();
  std::int64_t receipt_of(std::int64_t attempt);
  bool is_claimed(const std::string& script, const std::string& moved_to, std::int64_t attempt);
  bool is_settled(std::int64_t attempt);
  Ledger::Disowned disowned(const std::string& script, const std::string& sha256);
  Ledger::Concluded concluded(const std::string& script);
  std::int64_t interruptions(const std::string& script, const std::string& sha256);

  Texts texts;
  Chain chain;
  KnownQueries known;
  ChangesIn changes;

 private:
  SQLite::Database& database_;
  ChangesIn previewed_changes_;
  Kept begin_, commit_, insert_run_, end_run_, insert_attempt_, intent_details_, end_attempt_, details_, progress_,
      count_outcome_, insert_line_, moved_to_, insert_event_, unfinished_, unfiled_, unfiled_but_skipped_, in_doubt_,
      receipt_of_, claimed_, settled_, disowned_, concluded_, interrupted_, previewed_;
};

}  // namespace ledger

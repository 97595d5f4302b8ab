// What to do about an attempt that a crash may have left half done: evidence in, actions out. Pure; the rows of
// tests/core/recovery_test.cpp are the crash points. Gathering the evidence and applying the actions: runner/recover.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/batch.hpp"
#include "core/outcome.hpp"
#include "core/receipt.hpp"

namespace core {

// What lies in the pending folder under the script's name.
enum class PendingFile {
  absent,
  same,      // the bytes of the attempt
  put_back,  // the same bytes, but moved or written after the attempt had ended: somebody wants it tried again
  other,     // other bytes: a new version
};

struct Evidence {
  std::int64_t attempt = 0;
  std::string script;
  std::optional<OutcomeKind> outcome;  // nullopt: the runner died before it was recorded
  bool filed = false;                  // the ledger knows where the file went
  bool in_doubt = false;               // it ended as unknown, and its database was asked again
  bool undoes = false;                 // it is a rollback, and files nothing
  bool requeues = false;               // of a rollback: the file was to go back to the pending folder
  unsigned interruptions = 0;          // how often this version was interrupted before, in a row
  Paged paged{};                       // what of its batches is committed
  Proof receipt = Proof::absent;       // asked only while there is no outcome, or it is in doubt
  PendingFile pending = PendingFile::absent;
  bool in_succeeded = false;  // a file with the attempt's bytes lies there
  bool in_failed = false;
};

enum class Record {
  nothing,
  succeeded,    // the receipt proves it
  rolled_back,  // that the receipt of what it took back is gone proves it
  unknown,      // it had no transaction: some of it was executed
  interrupted,  // nothing was committed; the script is tried again
  given_up,     // interrupted too often: failed, so that it cannot take every run down
  confirmed,    // it was unknown, and the receipt proves it: a later attempt says so
  refuted,      // it was unknown, and nothing was committed: a later attempt says so; the script is tried again
};

enum class Refile {
  nothing,
  to_succeeded,    // move the pending file
  to_failed,       // move the pending file
  drop_pending,    // the same file lies filed already: remove the name in the pending folder
  note_succeeded,  // it lies there already: write down where
  note_failed,     // it lies there already: write down where
  put_back,        // to the pending folder: it was rolled back
};

struct Repair {
  Record record = Record::nothing;
  Refile refile = Refile::nothing;
  bool hold = false;   // the script must not run before its database can be asked
  std::string reason;  // for people; empty: there is nothing to do

  bool empty() const noexcept { return record == Record::nothing && refile == Refile::nothing && !hold; }
};

inline constexpr unsigned k_most_interruptions = 3;  // of one version, in a row

Repair recover(const Evidence& evidence, Skipped skipped);

}  // namespace core

// What a worker does in its database between begin and commit or roll-back, as the broker keeps account of it. Lives in
// the broker, which has one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/batch.hpp"
#include "core/message.hpp"
#include "core/receipt.hpp"
#include "os/clock.hpp"
#include "target/connection.hpp"
#include "target/database.hpp"
#include "target/restoring.hpp"

namespace target {

struct Transaction {
  Database* own = nullptr;  // the script's own database
  core::Access access = core::Access::read;
  bool restores = false;
  core::Approval approval;  // of what it commits
  bool begun = false;       // reading begins with the first statement
  os::Deadline deadline;
  std::string script, sha256, node;  // that may write
  std::map<std::uint32_t, std::unique_ptr<Cursor>> cursors;
  std::uint32_t last_cursor = 0;
  std::uint64_t statements = 0;          // for the record
  std::optional<core::Receipt> receipt;  // to be left by the commit
  bool fetches_ahead = false;            // what goes wrong may never matter
  bool may_have_written = false;         // a statement was sent that is not plainly a query
  std::vector<std::int64_t> outdated;    // attempts whose receipts the commit takes away
  bool locked = false;                   // the last statement that failed did so for a lock
  std::unique_ptr<Restoring> restoring;  // of an attempt that is undone by its rows
  bool many_failed = false;              // the last part of an executemany
  // Batches that were opened. stored: as it stands in the database; untold: an end that is not written there yet.
  struct Batch {
    std::optional<core::Bookmark> stored, untold;
  };
  std::map<std::string, Batch> batches;
  bool may_batch = false;
  std::uint64_t pages = 0;        // committed
  std::uint64_t rows_before = 0;  // changed in those pages
  bool between_pages = false;     // the last one is committed, the next has not begun
  bool marked = false;            // a savepoint is set
  bool previews = false;          // nothing is ever committed
  bool lost = false;              // a statement ended the transaction: nothing of it can be committed any more
};

}  // namespace target

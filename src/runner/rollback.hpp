// Takes applied scripts back, newest first, with the text that ran: the ledger has it, whatever became of the file.
// Each by its own rollback(), or, where it has none, by the rows that it changed, as the ledger has them; in a
// transaction that takes its receipt away, recorded as an attempt of its own. Lives in the runner process.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/report.hpp"
#include "runner/restore.hpp"

namespace runner {

struct RollbackRequest {
  // Which, by one of these:
  std::vector<std::string> scripts;  // words for scripts
  std::int64_t run = 0;              // all that this run applied
  base::Instant since;               // all that were applied then or later
  std::int64_t steps = 0;            // the newest so many

  Conflicts conflicts = Conflicts::refuse;  // of what is undone by its rows
  bool requeue = false;                     // their files go back to the pending folder
  // What a person has agreed to, of look_at_rollback(): anything else is refused. Empty: whatever it is.
  std::vector<std::int64_t> agreed;
  std::string by, reason, command;
  std::function<std::string(core::Hook, const core::RunReport&)> hook_text;  // as of RunRequest
};

// One attempt that is to be taken back.
struct Undoing {
  std::int64_t attempt = 0;
  std::string script, sha256, database, description;
  base::Instant applied;
  bool by_rows = false;  // it has no rollback()
};

// What a rollback would take back, in its order. Throws Error(usage) for what never ran or is not applied any more,
// what others depend on that are not among them, what lies below a newer version that is applied, and what has no
// rollback() and cannot be undone by its rows; ledger_broken, config.
std::vector<Undoing> look_at_rollback(const core::Config& config, const RollbackRequest& request);

// Does it, up to the first that fails. Takes the run lock; decides anew what it takes back. Throws as
// look_at_rollback(), and lock_held, io.
core::RunReport roll_back(const core::Config& config, const RollbackRequest& request, core::Observer& observer);

}  // namespace runner

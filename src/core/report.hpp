// What a run tells: one line for each script while it goes on, and the whole when it is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/changes.hpp"
#include "core/guard.hpp"
#include "core/hook.hpp"
#include "core/outcome.hpp"
#include "core/script.hpp"

namespace core {

// One attempt as it is told and stored.
struct AttemptReport {
  std::int64_t attempt = 0;  // id in the ledger; 0: none was recorded
  std::string script;
  std::string sha256;
  FileStamp stamp;  // of the file that was read
  Outcome outcome;
  std::string moved_to;  // "failed/x.lua", relative to config.toml as configured; empty: the file stayed
  std::string note;      // what is worth saying beside the outcome ("changed since attempt 3"); may be empty
  std::chrono::microseconds duration{0};
  std::int64_t try_number = 1;        // of the script in its run
  bool allowed = false;               // the script says that its failure is none of the run's
  std::vector<std::string> warnings;  // of its validate()
  Changes changes;                    // what it committed, or may have committed
  std::vector<RowChange> sample;      // some of the rows
};

struct Counts {
  std::uint64_t succeeded = 0, failed = 0, skipped = 0, blocked = 0, interrupted = 0, unknown = 0;
  std::uint64_t rolled_back = 0;

  void add(OutcomeKind kind) noexcept;
  std::uint64_t total() const noexcept;
};

inline constexpr std::string_view k_undoing = "rollback";  // trigger of a run

struct RunReport {
  std::int64_t run = 0;                   // 0: nothing was recorded because nothing was pending
  std::string trigger, by, host, reason;  // k_undoing: the run takes scripts back
  base::Instant started, finished;        // finished: 0 while it goes on
  std::chrono::microseconds duration{0};
  bool dry_run = false;
  Counts counts;
  std::uint64_t allowed_failures = 0;  // among those that failed
  bool target_unreachable = false;
  int stopped_by_signal = 0;           // SIGINT or SIGTERM; 0: none
  std::optional<Forbidden> forbidden;  // a guard lets it not be: nothing was attempted, all scripts are blocked
  std::vector<HookReport> hooks;       // in the order in which they ran
  std::string backup;                  // name of the one that was made before the first script; empty: none was
  std::string backup_fault;            // why it could not be made: nothing was attempted, all scripts are blocked
  std::vector<AttemptReport> scripts;
};

// Whether before_run let it not be: nothing was attempted, all scripts are blocked.
bool is_refused_by_hook(const RunReport& report) noexcept;

// Design section 7: what went worst decides.
int exit_code(const RunReport& report) noexcept;

}  // namespace core

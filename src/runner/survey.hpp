// The folder as `fettle status` shows it: read from the three folders and the ledger, no process is started, nothing is
// written, a run that goes on is not disturbed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/guard.hpp"
#include "core/plan.hpp"
#include "core/script.hpp"
#include "ledger/history.hpp"

namespace runner {

// Why a script has not come to its end: its newest attempt, of these very bytes.
struct Stopped {
  std::int64_t attempt = 0;
  core::OutcomeKind outcome = core::OutcomeKind::blocked;  // or interrupted
  std::string reason;
  base::Instant at;
};

struct Pending {
  std::string script;
  std::string sha256;  // empty: not read, Digests::where_needed
  core::ScriptState state = core::ScriptState::fresh;
  std::string reason;
  std::optional<Stopped> stopped = std::nullopt;
};

struct Failed {
  std::string script;
  std::optional<ledger::Attempt> attempt;  // nullopt: the ledger never heard of it
};

struct Lock {
  bool held = false;
  // Nobody is seen to hold it, but a run of another host has not ended, and the file system does not show a lock of
  // that host (os::LockReach). Only a person can know whether it lives: `fettle unlock --force`.
  bool in_doubt = false;
  std::optional<ledger::Run> run;              // who holds it or may, as far as the ledger knows
  std::optional<ledger::Attempt> in_work;      // what it is doing
  std::optional<core::Progress> progress;      // how far that says it has come
  std::optional<ledger::Attempt> tried_again;  // nothing is at work: this one failed, and its next try is waited for
};

struct Survey {
  std::vector<Pending> pending;
  std::vector<Failed> failed;
  std::vector<core::Ignored> ignored;
  std::vector<std::string> warnings;
  std::uint64_t succeeded = 0;  // files in successfully-ran/
  std::optional<ledger::Run> last_run;
  Lock lock;
  std::optional<core::Forbidden> forbidden;         // no run may be now
  std::vector<ledger::Attempt> open_questions;      // without the one in work
  std::optional<std::vector<ledger::Fated>> fates;  // nullopt: too many to be told at a glance
};

enum class Digests {
  of_all,        // every pending file is read
  where_needed,  // only where the state depends on it, and what is so new that somebody may still be writing it
};

enum class Fates {
  at_a_glance,  // those of the few scripts that did not plainly succeed, as far as that costs next to nothing
  of_all,       // of every script: every attempt is read
};

Survey survey(const core::Config& config, Digests digests = Digests::of_all, Fates fates = Fates::at_a_glance);

// Whether a run goes on, and whose.
Lock lock_state(const core::Config& config);

// The run of another host that nobody here can see the end of: `in_doubt` above. For who holds the lock already.
std::optional<ledger::Run> run_in_doubt(const core::Config& config);

// Words as people type them ("007", "007_x", "007_x.lua", "fix-scripts/007_x.lua") → names out of `known`. Throws
// Error(usage) for a word that fits none (with the nearest name) or several.
std::vector<std::string> select(const std::vector<std::string>& words, const std::vector<std::string>& known);

// "run 12 by anna on host-a (process 411, alive), since 2026-01-02 12:00:03, working on 007_x.lua for 3.2 s", or what
// of it is known.
std::string describe(const Lock& lock);

}  // namespace runner

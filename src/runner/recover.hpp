// After a crash: what a dead run left half done, and setting it right. The start of every run does it, and so does
// `fettle repair`. Gathers evidence from ledger, folders and receipts; core/recovery decides; the actions are applied
// and told. Idempotent: done twice it does nothing the second time, and dying in the middle of it is one more crash
// like any other.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/recovery.hpp"
#include "core/script.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "runner/crew.hpp"

namespace runner {

// One attempt of a dead run, or one that is unknown, and what is to be done about it.
struct Recovery {
  core::Evidence evidence;
  core::Repair repair;
  core::Outcome recorded;  // what the ledger knows already of an attempt that has ended
  std::string sha256;
  std::string args;      // of one that was unknown: what --arg gave it
  std::string filed_as;  // name in successfully-ran/ or failed/ where a copy lies; empty: none
  // Of one that succeeded: what would have been recorded of it.
  core::Declaration declaration;
  std::string database;
};

// Whether there is anything to look at: three look-ups in the ledger. Of an attempt that is unknown a worker tells
// whether it had a transaction: only then the database can say what became of it.
bool is_damaged(const core::Config& config, const ledger::Ledger& ledger, Crew& crew);

// Only looks; gives what needs doing. The caller holds the run lock, so every run that has not ended is dead, and its
// broker too.
std::vector<Recovery> look_for_damage(const core::Config& config, const folder::Folders& folders,
                                      const ledger::Ledger& ledger, Crew& crew);

// Who has it done, for the audit trail.
struct Actor {
  std::string by, reason;
};

// Applies the actions, in order; each leaves an event in the ledger, in the commit of what it changes there. Gives back
// the names of scripts that must not run now, because their database cannot say what became of them. Throws Error:
// ledger_broken, io.
std::vector<std::string> repair_damage(const std::vector<Recovery>& damage, const Actor& actor,
                                       folder::Folders& folders, ledger::Ledger& ledger);

// "007_x.lua, attempt 12: its receipt is in the database, so it was committed; its file was not moved yet"
std::string describe(const Recovery& recovery);

}  // namespace runner

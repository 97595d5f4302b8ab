// One run: a sweep over the folder, what a person types as `fettle run`. Lives in the runner process.
// Order for each script: shouldRun → intent durable → execute → outcome durable → move → sync (runner/step).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/feed.hpp"
#include "core/observer.hpp"
#include "core/plan.hpp"
#include "core/report.hpp"
#include "folder/folders.hpp"
#include "runner/approved.hpp"
#include "runner/choice.hpp"
#include "runner/standby.hpp"

namespace runner {

// What the report keeps of each attempt once the observer has been told: texts of scripts can be long, and a folder can
// hold many of them.
enum class Kept { attempts, counts };

struct RunRequest {
  core::OnFailure on_failure = core::OnFailure::go_on;
  core::Force force = core::Force::no;
  Choice choice;
  std::vector<core::Argument> arguments;  // what --arg gave
  std::optional<Approved> approved;       // only what this preview showed
  std::string trigger = "manual";
  std::string by;  // empty: the user behind the process
  std::string reason;
  std::string command;                            // the command line, for the ledger
  std::optional<std::chrono::milliseconds> wait;  // for the run lock; nullopt: only for a run of the watcher
  Kept kept = Kept::attempts;
  std::size_t rows_told = 3;   // of each table and kind, with each attempt
  core::Feed* feed = nullptr;  // of a run that is supervised
  // What a hook reads on its stdin: JSON, which is written in cli. Before a run the report has names of scripts only.
  std::function<std::string(core::Hook, const core::RunReport&)> hook_text;
  // Makes a backup, once it is clear that there is something to do; empty: none is wanted.
  struct Backup {
    std::string name;
    std::string fault;  // why there is none; both empty: stop was readable first
  };
  std::function<Backup(std::int64_t run, int lock, int stop)> back_up;
};

// Throws Error: lock_held (after waiting), config, io, ledger_broken. What scripts do wrong is in the report.
core::RunReport run(const core::Config& config, const RunRequest& request, core::Observer& observer);

// The same with what stands ready already.
core::RunReport run(const core::Config& config, const RunRequest& request, core::Observer& observer, Standby& at);

// The report of a run that a guard forbids now ([guard]): every script that it would have dealt with is blocked;
// nothing was opened for writing. nullopt: it may be. from: where these scripts lie. Throws Error: usage (names),
// config, io.
std::optional<core::RunReport> forbidden_run(const core::Config& config, const RunRequest& request, folder::Place from);

}  // namespace runner

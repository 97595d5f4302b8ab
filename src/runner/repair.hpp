// `fettle repair`: what the start of every run does anyway, on its own or only told.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "runner/recover.hpp"

namespace runner {

struct RepairReport {
  std::vector<Recovery> damage;   // what was found; empty: nothing was left half done
  std::vector<std::string> held;  // scripts that wait for their database
};

enum class DryRun { no, yes };

// Takes the run lock. Throws Error: lock_held, config, io, ledger_broken.
RepairReport repair(const core::Config& config, const Actor& actor, DryRun dry_run);

}  // namespace runner

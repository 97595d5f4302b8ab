// One script's journey, on one screen: read → decide → intent → load → shouldRun → execute → record → file.
// Lives in the runner process; holds nothing of its own.
#pragma once

#include <optional>
#include <string>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/plan.hpp"
#include "core/report.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "runner/crew.hpp"
#include "runner/stop.hpp"

namespace runner {

// What every step of a run works with.
struct Workplace {
  const core::Config& config;
  core::Force force;
  std::string trigger;
  folder::Folders& folders;
  ledger::Ledger& ledger;
  Crew& crew;
  Stop& stop;
  core::Observer& observer;
};

// nullopt: there was nothing to attempt (the file is gone, or is still being written); the observer was told.
// Throws Error: ledger_broken, io, config, internal.
std::optional<core::AttemptReport> take_step(Workplace& at, std::int64_t run, const std::string& name);

}  // namespace runner

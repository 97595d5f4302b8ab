// One script's journey, on one screen: read → decide → intent → load → shouldRun → receipt → execute → record → file.
// The end of one journey and the intent of the next share one durable commit, so the walk lies in runner.cpp and the
// stations here. Lives in the runner process; holds nothing of its own.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/plan.hpp"
#include "core/report.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "runner/crew.hpp"
#include "runner/stop.hpp"

namespace runner {

// What every step of a run works with.
struct Workplace {
  const core::Config& config;
  core::Force force;
  const core::RunReport& run;
  folder::Folders& folders;
  ledger::Ledger& ledger;
  Crew& crew;
  Stop& stop;
  core::Observer& observer;
  std::vector<std::string>
      held;  // scripts that must not run: what became of an earlier attempt cannot be found out now
};

// A script that is to be attempted: read, and decided upon.
struct Ready {
  folder::Loaded loaded;
  core::Known known;
  core::Step step;
};

struct NothingToDo {};  // the file is gone or still being written; the observer was told

// Reads and decides. An AttemptReport: it is held back, and no attempt is made.
std::variant<NothingToDo, core::AttemptReport, Ready> examine(Workplace& at, const std::string& name);

ledger::Intent intent_of(const Workplace& at, const Ready& ready);

// The script at work, once its intent is durable. Everything that is to be recorded of it.
ledger::Finished perform(Workplace& at, const Ready& ready, std::int64_t attempt);

// Moves the file, once the outcome is durable. What is told of the attempt. Throws Error: io, ledger_broken.
core::AttemptReport file(Workplace& at, const Ready& ready, std::int64_t attempt, const ledger::Finished& finished);

}  // namespace runner

// One script's journey, on one screen: read → decide → intent → load → shouldRun → receipt → execute → record → file.
// The end of one journey and the intent of the next share one durable commit, during which the next script is loaded
// and asked, and the file after it is read while the database commits; so the walk lies in runner.cpp and the stations
// here. Lives in the runner process; holds nothing of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/plan.hpp"
#include "core/report.hpp"
#include "folder/data.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "runner/approved.hpp"
#include "runner/attention.hpp"
#include "runner/crew.hpp"
#include "runner/demands.hpp"
#include "runner/session.hpp"
#include "runner/stop.hpp"

namespace runner {

// What every step of a run works with.
struct Workplace {
  const core::Config& config;
  core::Force force;
  const std::vector<core::Argument>& arguments;
  const core::RunReport& run;
  folder::Folders& folders;
  ledger::Ledger& ledger;
  Crew& crew;
  Stop& stop;
  core::Observer& observer;
  std::vector<std::string>
      held;                    // scripts that must not run: what became of an earlier attempt cannot be found out now
  Demands* demands = nullptr;  // of the walk
  std::size_t rows_told = 0;   // changed rows of each table and kind that are told with an attempt
  const Approved* approved = nullptr;  // of a run that may do only what a preview showed
  Attention* attention = nullptr;      // of the walk
};

// A script that is to be attempted: read, and decided upon.
struct Ready {
  folder::Loaded loaded;
  core::Known known;
  core::Step step;
  std::int64_t try_number = 1;  // of the script in its run
  // Of a rollback: the attempt that is taken back (0: it is none), what that was given, where, and whether its file
  // goes back to the pending folder.
  std::int64_t undoes = 0;
  std::vector<core::Argument> arguments{};
  std::string database{};
  bool requeues = false;
};

// A script under way. Without a session: there is nothing to run, its outcome was decided without.
struct Going {
  Ready ready;
  std::int64_t attempt = 0;
  os::Steady::time_point start;
  std::unique_ptr<Session> session;
  std::vector<std::string> warnings;  // of its validate()
  std::unique_ptr<folder::DataFiles> data;
};

struct NothingToDo {};  // the file is gone or still being written; the observer was told

// Decides upon what was read. An AttemptReport: it is held back, and no attempt is made.
std::variant<NothingToDo, core::AttemptReport, Ready> examine(Workplace& at, const std::string& name,
                                                              folder::ReadResult read);

core::Receipt receipt_of(const Workplace& at, const core::Script& script, std::int64_t attempt);

ledger::Intent intent_of(const Workplace& at, const Ready& ready);

// Hands the script to a worker, which loads it and asks shouldRun(). Throws as Crew::take_worker.
Going set_out(Workplace& at, Ready ready, std::int64_t attempt);

// Lets a quick script come into the middle of execute() before its intent is durable: nothing of it lasts before
// perform() lets the database commit. Not while a reader of what is told stands still: the database would be locked for
// as long.
void go_ahead(const Workplace& at, Going& going);

// The script at work, once its intent is durable. Everything that is to be recorded of it. meanwhile: called while its
// database commits, when it comes so far.
ledger::Finished perform(Workplace& at, Going& going, const std::function<void()>& meanwhile);

// Moves the file, once the outcome is durable. What is told of the attempt. Throws Error: io, ledger_broken.
core::AttemptReport file(Workplace& at, const Going& going, const ledger::Finished& finished);

}  // namespace runner

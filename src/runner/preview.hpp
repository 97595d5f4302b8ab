// `fettle run --dry-run`: a run over a stage (runner/stage.hpp) and the real databases, each in one transaction that is
// rolled back in the end. So every pending script does its work, sees what those before it did, and what each changes
// can be told; and nothing of it lasts. Lives in the runner process, which holds the run lock until it is over: a real
// run beside it would wait for the same rows.
#pragma once

#include <memory>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/report.hpp"
#include "runner/rollback.hpp"
#include "runner/runner.hpp"
#include "runner/stage.hpp"

namespace runner {

struct Preview {
  core::RunReport report;  // dry_run is true; run: its number in the ledger, 0 where nothing was pending; attempts:
                           // those of the ledger on the stage
  std::unique_ptr<Stage> stage;
};

// The same of a rollback: what it would come to.
Preview preview_rollback(const core::Config& config, const RollbackRequest& request, core::Observer& observer);

// Hooks are not called and guards do not hold, as nothing happens. The ledger records that it was done. Throws as
// run().
Preview preview(const core::Config& config, const RunRequest& request, core::Observer& observer);

}  // namespace runner

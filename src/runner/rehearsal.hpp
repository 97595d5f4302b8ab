// A run on copies: of the databases, of the ledger and of the pending scripts, in a folder of its own beside the
// ledger; a server keeps the copies of its databases itself. What a person configured is only read. Lives in the runner
// process, which holds the run lock while it copies, and not while the scripts run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/report.hpp"
#include "runner/runner.hpp"

namespace runner {

enum class Keep { no, yes };

struct Rehearsal {
  core::RunReport report;  // dry_run is true
  std::string kept;        // the folder with the copies and a config.toml for them; empty: it is gone
  // What was kept on servers: the name in the configuration, and that of the copy.
  std::vector<std::pair<std::string, std::string>> kept_on_servers;
};

// A signal ends it, while the databases are being copied as well; the copies go with it. Hooks are not called and
// guards do not hold: nobody else is touched. An event in the ledger says that it was done. Throws as run(), and
// Error(usage) where a database is of an engine that cannot be copied, target_unreachable where one could not.
Rehearsal rehearse(const core::Config& config, const RunRequest& request, Keep keep, core::Observer& observer);

}  // namespace runner

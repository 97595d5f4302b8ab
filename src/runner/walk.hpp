// The walk of one run over its scripts, in order. Lives in the runner process.
#pragma once

#include <string>
#include <vector>

#include "core/observer.hpp"
#include "core/report.hpp"
#include "runner/runner.hpp"
#include "runner/step.hpp"

namespace runner {

// One script is over, or was held back.
void tell(core::AttemptReport attempt, const RunRequest& request, core::RunReport& report, core::Observer& observer);

// Deals with each of these names. others: scripts that are pending, too, and that this run leaves alone. Throws as
// run().
void walk(Workplace& at, const RunRequest& request, std::vector<std::string> names, std::vector<std::string> others,
          core::RunReport& report);

}  // namespace runner

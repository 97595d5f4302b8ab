// A run that may not be: a guard forbids it, or before_run does. What it would have dealt with stays where it lies, and
// whoever started it is told why. Lives in the runner process.
#pragma once

#include <string>
#include <vector>

#include "core/report.hpp"
#include "folder/folders.hpp"
#include "runner/runner.hpp"

namespace runner {

// Those of these scripts that the run is for: a supervisor may want some left alone, and its folder changes all the
// time; then with their stamps.
std::vector<core::AttemptReport> considered(const std::vector<std::string>& names, const folder::Folders& folders,
                                            folder::Place from, const core::Feed* feed);

std::vector<std::string> names_of(const std::vector<core::AttemptReport>& scripts);

// All of them are blocked, for this reason.
void refuse(std::vector<core::AttemptReport> scripts, const core::Outcome& why, const RunRequest& request,
            core::RunReport& report);

}  // namespace runner

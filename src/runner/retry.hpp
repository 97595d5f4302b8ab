// Brings failed scripts back to the pending folder, edited or not, and writes down who did it and why.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"

namespace runner {

struct RetryRequest {
  std::vector<std::string> scripts;  // words as typed: "007", "007_x", "007_x.lua", "failed/007_x.lua"
  bool all = false;
  std::string by, reason;
  std::string via = {};  // by which way, and where from; empty: typed here
};

// The names that are pending now. Takes the run lock while it moves. Throws Error: usage (no such failed script, or the
// word fits several), lock_held, config, io, ledger_broken. All words are resolved before the first file is moved.
std::vector<std::string> requeue(const core::Config& config, const RetryRequest& request);

}  // namespace runner

// The broker process: one for each run. Holds the database connections and their transactions, serves the statements of
// the one worker that is at work, commits or rolls back when the runner says so. May touch the targets and nothing
// else. The worker is assumed hostile: whatever it sends is decoded with caps, and only the runner's word commits.
#pragma once

#include <string_view>
#include <vector>

#include "os/fd.hpp"

namespace target {

// Waits for its BrokerSettings, so that it can stand ready without holding a database open; opens the databases, locks
// the process down, tells BrokerReady, serves until the runner's channel closes. descriptors: that channel. Never
// returns.
[[noreturn]] void broker_main(std::string_view settings, std::vector<os::Fd> descriptors);

}  // namespace target

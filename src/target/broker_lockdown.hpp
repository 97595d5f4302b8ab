// What a broker gives up once its databases are open: every file but theirs, every system call it has no use for.
#pragma once

#include <vector>

#include "core/sandbox_level.hpp"
#include "os/lockdown.hpp"

namespace target {

// files: what the open connections must still reach. The layers that are in force afterwards.
core::SandboxLevel lock_down_broker(const std::vector<os::FileRule>& files);

}  // namespace target

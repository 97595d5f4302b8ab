// What a broker gives up once its databases are open: every file but theirs, every system call it has no use for.
#pragma once

#include <cstdint>
#include <vector>

#include "core/sandbox_level.hpp"
#include "os/lockdown.hpp"

namespace target {

// What a broker may call. Compiled once; a forked process inherits it.
const os::CallFilter& call_filter_of_brokers();

// files: what the open connections must still reach. memory: bytes of address space, the last wall: a broker that wants
// more fails, and the machine does not; 0: no such wall. The layers that are in force afterwards.
core::SandboxLevel lock_down_broker(const std::vector<os::FileRule>& files, std::uint64_t memory);

}  // namespace target

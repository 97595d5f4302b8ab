// The worker process: runs one script and dies. Inherits its Lua state, takes every power from itself, says WorkerReady
// and waits; so one can stand ready while another works. Holds two descriptors (runner, broker) and makes seven system
// calls: brk mmap munmap mremap read write exit_group (an eighth, clock_gettime, only where the clock is not in the
// vDSO).
#pragma once

#include <string_view>
#include <vector>

#include "os/fd.hpp"

namespace sandbox {

// Exit codes by which a worker tells why it ended itself.
inline constexpr int k_exit_out_of_memory = 86;  // the script went on allocating after being refused many times
inline constexpr int k_exit_protocol = 87;       // a frame that makes no sense, or the runner or broker is gone

// Does once, in the zygote, what every worker would otherwise do for itself: compiles the system call filter, reads the
// time zone, makes the Lua state with its environment, rehearses. Without it each worker does it, more slowly.
void prepare_workers();

// Takes a script of our own through all that a worker does, in a Lua state of its own and with nobody at the other
// ends. What the C library does for the first call only (binding symbols, buffers) is then inherited, too. false: the
// script did not succeed.
bool rehearse();

// settings: core::WorkerSettings. descriptors: to the runner, to the broker. Never returns.
[[noreturn]] void worker_main(std::string_view settings, std::vector<os::Fd> descriptors);

}  // namespace sandbox

// The two clocks: wall time for display and records, steady time for durations and limits.
#pragma once

#include <chrono>

#include "base/time.hpp"

namespace os {

using Steady = std::chrono::steady_clock;
using Deadline = Steady::time_point;

base::Instant now() noexcept;

Deadline in(std::chrono::milliseconds time) noexcept;  // from now

std::chrono::microseconds since(Steady::time_point start) noexcept;

// Milliseconds until the deadline, rounded up, for poll(2): never negative.
int poll_timeout(Deadline deadline) noexcept;

}  // namespace os

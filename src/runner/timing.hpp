// Whether a script's own fields let it run now, by the clocks of this machine.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "core/outcome.hpp"
#include "core/schedule.hpp"
#include "core/script.hpp"

namespace runner {

// Blocked, with the time from which on it may run; failed, where a field names a place that the machine does not know;
// nullopt: it may run.
std::optional<core::Outcome> not_yet(const core::Declaration& declaration, base::Instant now);

// By the clocks of this machine, unless it says its offset.
base::Instant local_instant(const core::PointInTime& point);

}  // namespace runner

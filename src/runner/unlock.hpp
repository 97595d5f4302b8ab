// `fettle unlock`: why there is nothing to break, or breaking what another host left behind. A lock that can be seen
// here dies with its processes and is never broken. Left behind can only be a run of another host, on a file system
// that does not show that host's locks; a person who knows that it is dead says so, and that is audited.
#pragma once

#include <optional>
#include <string>

#include "core/config.hpp"
#include "core/plan.hpp"
#include "ledger/history.hpp"

namespace runner {

struct UnlockRequest {
  core::Force force = core::Force::no;
  std::string by, reason;
};

// The run that was declared dead; nullopt: there was nothing to unlock. Throws Error: lock_held (somebody holds it, or
// may and nothing was forced), usage (no reason), io, ledger_broken.
std::optional<ledger::Run> unlock(const core::Config& config, const UnlockRequest& request);

}  // namespace runner

// `fettle request`: a run that one person asks for and others agree to. Takes the run lock while it writes. Throws
// Error: usage, lock_held, io, ledger_broken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/requested.hpp"

namespace runner {

struct Asker {
  std::string by, reason;  // by: empty for this user
  std::string via = {};    // by which way, and where from; empty: typed here
};

// Of what is pending now, or of it the scripts that these words mean. nullopt: nothing is.
std::optional<core::Requested> request_run(const core::Config& config, const std::vector<std::string>& scripts,
                                           const Asker& asker);

enum class Voice { yes, no };
core::Requested answer_request(const core::Config& config, std::int64_t id, Voice voice, const Asker& asker);

// All that ever were, oldest first.
std::vector<core::Requested> requests(const core::Config& config);
// Throws Error(usage) where there is none.
core::Requested request(const core::Config& config, std::int64_t id);

}  // namespace runner

// What backups have done with the databases of the configuration, by a broker of its own for each step. Lives in the
// runner process, or in that of a command which holds the run lock.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/message.hpp"

namespace runner {

// One step with every database of config, in its order: `wishes` has as many. held: descriptors that must live as long
// as a broker may be at work (locks). stop: a descriptor that is readable when it is not wanted any more; -1: nobody
// stops it. nullopt: it was stopped. What a database said is in its status.
std::optional<std::vector<core::DatabaseStatus>> keep_databases(const core::Config& config,
                                                                const std::vector<core::Keeping>& wishes,
                                                                const std::vector<int>& held, int stop);

}  // namespace runner

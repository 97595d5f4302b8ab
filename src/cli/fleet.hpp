// What `fettle history --fleet` and `fettle status` tell of other nodes.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "runner/fleet.hpp"

namespace cli {

int fleet_history(const Context& context);

// Nothing is asked unless the configuration says that there is a fleet: status opens no database otherwise.
std::vector<runner::Mustered> ask_fleet(const core::Config& config, const std::vector<std::string>& scripts);
void print_fleet(const Context& context, const std::vector<runner::Mustered>& fleet);

}  // namespace cli

// What the configured databases tell of all nodes that work on them, asked by a broker of its own. Changes nothing and
// makes no database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/fleet.hpp"

namespace runner {

struct Mustered {
  std::string database;
  core::Fleet fleet;
  std::string error;  // why it cannot be asked; empty: it was
};

// most: of the receipts of each database, newest first; 0: all. scripts: those whose locks are looked for where a
// server does not list them. Throws Error as Crew does.
std::vector<Mustered> muster(const core::Config& config, std::int64_t most, const std::vector<std::string>& scripts);

// Takes out of the configuration what opening would make; its names.
std::vector<std::string> leave_out_missing(core::Config& config);

}  // namespace runner

// What a script says of itself before it runs: a worker loads its text, and nothing else of it is called. Lives in the
// runner process.
#pragma once

#include <optional>
#include <string>

#include "core/config.hpp"
#include "core/message.hpp"
#include "core/outcome.hpp"
#include "core/script.hpp"
#include "runner/crew.hpp"

namespace runner {

struct Introduction {
  std::optional<core::Outcome> fault;  // it cannot be loaded
  core::Declaration declaration;
  std::string database;  // the one that it would write
};

// Throws as Crew::take_worker.
Introduction introduce(const core::Config& config, Crew& crew, core::Load load);

}  // namespace runner

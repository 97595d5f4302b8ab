// What was tried, and what came of it, as lines for people: of doctor and of the looks at the ledger.
#pragma once

#include "cli/commands.hpp"
#include "core/diagnosis.hpp"

namespace cli {

// As JSON where that was asked for. Gives the exit code.
int tell_diagnoses(const Context& context, const core::Diagnoses& all);

}  // namespace cli

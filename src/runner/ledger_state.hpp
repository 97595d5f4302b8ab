// What is the matter with the ledger: three looks of different depth, each at the real file, none of which leaves
// anything behind. Lives in the command's own process. Never throws for what it looks at: that is a finding.
#pragma once

#include "core/config.hpp"
#include "core/diagnosis.hpp"

namespace runner {

// Quick, for monitoring: folder, file, disk, write-ahead log, lock, and what nobody has brought to its end.
core::Diagnoses look_after_ledger(const core::Config& config);

// All of the file: pages, structure, references, the chain over every row.
core::Diagnoses validate_ledger(const core::Config& config);

// Commits attempts to a ledger of its own beside the real one, reads them back, and measures it.
core::Diagnoses try_ledger_writes(const core::Config& config);

}  // namespace runner

// Tries everything that a run needs, for real: the kernel's lock-down layers, a worker and a broker as a run has them,
// the folders, the ledger, the lock, every database, the clock. Nothing that it does stays; it makes no ledger, no
// folder and no database. Lives in the command's own process. For `fettle doctor`.
#pragma once

#include "core/config.hpp"
#include "core/diagnosis.hpp"

namespace runner {

// Never throws for what it looks at: that is a finding.
core::Diagnoses examine_all(const core::Config& config);

}  // namespace runner

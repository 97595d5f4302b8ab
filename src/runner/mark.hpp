// A person declares what is true of a script: when the databases cannot say (outcome unknown), or when a fix was
// applied by other means. Audited with who and why; no earlier attempt is changed.
#pragma once

#include <string>

#include "core/config.hpp"
#include "ledger/ledger.hpp"

namespace runner {

struct MarkRequest {
  std::string script;  // as typed; pending, failed, or known to the ledger
  ledger::Declared as = ledger::Declared::succeeded;
  std::string by, reason, command;
};

struct Marked {
  std::string script;
  std::int64_t attempt = 0;
};

// Takes the run lock. Throws Error: usage (no such script, ambiguous, no reason), lock_held, config, io, ledger_broken.
Marked mark(const core::Config& config, const MarkRequest& request);

}  // namespace runner

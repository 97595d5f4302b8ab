// Puts a new script among the pending ones: checked in the sandbox first, written whole or not at all, and the ledger
// knows who did it and why. One of the same name that failed is replaced by it, if the ledger still has what ran.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/script.hpp"

namespace runner {

struct NewScript {
  std::string name, text;
  std::string by, reason;
  std::string via = {};  // by which way, and where from; empty: typed here
};

struct AddedScript {
  std::string name, path;  // path: as people see it
  std::string sha256;
  core::Declaration declaration;
  std::string replaced;               // the failed file that it stands for now; empty: none
  std::vector<std::string> warnings;  // numbers that are there twice, a failed file that was left
};

// Takes the run lock while it writes. Throws Error: usage (no name for a script, one that is pending already, a fault
// in the text), lock_held, config, io, ledger_broken. Nothing was written then.
AddedScript add_script(const core::Config& config, const NewScript& script);

}  // namespace runner

// Whether the two folders of filed scripts show what the ledger says. Looks only, and takes nothing for damage that a
// person may do: deleting or renaming a file there, and editing one that failed. Throws Error(io).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "ledger/history.hpp"

namespace cli {

struct FolderCheck {
  std::vector<ledger::Finding> findings;
  std::vector<std::string> notes;
};

// filed is asked only once the folders have been listed: a run that goes on records first and moves then, so that
// every file that was seen has its attempt.
FolderCheck compare_folders(const core::Config& config, const std::function<std::vector<ledger::Filed>()>& filed);

}  // namespace cli

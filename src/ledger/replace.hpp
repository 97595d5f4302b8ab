// Another ledger takes the place of this one, as a backup has it. Nothing of either may be open in this process, and
// the run lock is held.
#pragma once

#include <string>

#include "ledger/history.hpp"

namespace ledger {

// Whether replace() could do it now. Throws Error(lock_held) when somebody has the ledger open.
void refuse_open_elsewhere(const std::string& path);

// `with`: beside the ledger, a ledger that was checked (check_copy). What was there stays under the name keep_as, which
// is free. Throws Error: lock_held when somebody has the ledger open; io.
void replace(const std::string& path, const std::string& with, const std::string& keep_as);

// What a copy that nobody else has is and holds. Leaves nothing beside it. Throws Error(ledger_broken).
About about_copy(const std::string& path);

// What is wrong with a copy that nobody else has; head: what its newest entry must be (describe). Empty: nothing.
// Leaves nothing beside it.
std::string check_copy(const std::string& path, const std::string& head);

}  // namespace ledger

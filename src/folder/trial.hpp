// Tries what a run needs of the three folders, with files of its own that are gone afterwards: writing, moving without
// overwriting, syncing, leases. Makes no folder. For `fettle doctor`.
#pragma once

#include "core/config.hpp"
#include "core/diagnosis.hpp"

namespace folder {

// Throws as Folders::open does for a configuration that cannot work.
core::Diagnoses try_folders(const core::Config& config);

}  // namespace folder

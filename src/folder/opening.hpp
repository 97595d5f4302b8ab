// Opens the three configured folders and refuses a configuration under which files could be lost or mixed up.
// Private to the room.
#pragma once

#include <string>

#include "core/config.hpp"
#include "folder/folders.hpp"
#include "os/fd.hpp"

namespace folder {

struct OpenedFolders {
  os::Fd scripts, succeeded, failed;  // empty: missing, seen as empty
};

// Throws as Folders::open says.
OpenedFolders open_folders(const core::Config& config, Missing missing);

}  // namespace folder

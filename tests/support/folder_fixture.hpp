// Three scratch folders (pending, done, failed) and a configuration that names them. For tests of the folder room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "folder/folders.hpp"
#include "support/scratch.hpp"

namespace support {

struct ThreeFolders {
  Scratch scratch;
  core::Config config;

  ThreeFolders();

  folder::Folders open(folder::Missing missing = folder::Missing::create) const;
  // The reason in the list of what is ignored among the pending; "candidate" for a candidate; "absent" for no such
  // name.
  std::string reason_for(std::string_view name) const;
};

// The script; fails the test, with the reason, when it cannot be read now.
folder::Loaded read_or_fail(const folder::Folders& folders, folder::Place place, const std::string& name);

// "loaded", "vanished" or the reason.
std::string told(const folder::ReadResult& result);

std::string_view told(folder::MoveStatus status);

}  // namespace support

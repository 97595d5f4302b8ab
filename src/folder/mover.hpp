// Moves one file between two open folders without ever overwriting. Private to the room. Never throws for what the file
// system refuses: that is MoveStatus::failed.
#pragma once

#include <string>

#include "folder/folders.hpp"
#include "folder/reader.hpp"

namespace folder {

// Only the file that was read, or one of the same name and bytes; anything else is left where it is.
MoveResult move_loaded(int from, int to, const Loaded& loaded, const ReadLimits& limits);

// Whatever regular file has this name, to the same one or to another.
MoveResult move_named(int from, int to, const std::string& name);
MoveResult move_named(int from, int to, const std::string& name, const std::string& wanted);
// To this name and no other: failed where that is taken.
MoveResult move_exactly(int from, int to, const std::string& name, const std::string& wanted);

}  // namespace folder

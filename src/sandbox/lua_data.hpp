// `data` for scripts: files that the operator put into the folder of data files, read through the runner part by part.
// No path is opened here; the runner decides what a name may mean.
#pragma once

#include <lua.hpp>

namespace sandbox {

// Adds `data` with read, lines and csv to the table at the top of the stack.
void add_data(lua_State* lua);

}  // namespace sandbox

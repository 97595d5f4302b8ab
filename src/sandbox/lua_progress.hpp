// `progress(total, label)` for scripts: tells the runner how far they have come, at most every tenth of a second, so
// that a step costs next to nothing.
#pragma once

#include <lua.hpp>

namespace sandbox {

// Adds `progress` to the table at the top of the stack.
void add_progress(lua_State* lua);

}  // namespace sandbox

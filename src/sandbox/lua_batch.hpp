// `batch{}` for scripts: long work in pages, each committed with the place that it has come to. The worker only asks:
// the runner has the page committed, and lets time pass between two of them.
#pragma once

#include <lua.hpp>

namespace sandbox {

// Adds `batch` to the table at the top of the stack, behind add_databases().
void add_batch(lua_State* lua);

}  // namespace sandbox

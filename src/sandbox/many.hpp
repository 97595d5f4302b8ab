// db.executemany(sql, rows): one statement for each row of a list, or for each that a function returns. Lives in the
// worker.
#pragma once

#include <lua.hpp>

namespace sandbox {

int execute_many(lua_State* lua);

}  // namespace sandbox

// The world of a script: globals and library tables built up by allow-list. Nothing is removed from the stock
// libraries; what is not named here is simply not there. Host functions (db, log …) are added by lua_api.
#pragma once

#include <lua.hpp>
#include <string>
#include <vector>

namespace sandbox {

// Replaces the real globals table and the string metatable, so that no way round (`load`, metatables) finds more.
void build_environment(lua_State* lua);

// Text of any value for people: never runs script code unless the value has __tostring, never shows an address. Pushes
// it.
void push_text(lua_State* lua, int index);

}  // namespace sandbox

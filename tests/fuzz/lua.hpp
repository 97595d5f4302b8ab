// A bare Lua state for one input: the conversions need no library, and a small state makes many inputs a second.
#pragma once

#include <lua.hpp>

namespace fuzz {

class Lua {
 public:
  Lua() : lua_(luaL_newstate()) {}
  Lua(const Lua&) = delete;
  Lua& operator=(const Lua&) = delete;
  ~Lua() { lua_close(lua_); }

  lua_State* get() const noexcept { return lua_; }

 private:
  lua_State* lua_;
};

}  // namespace fuzz

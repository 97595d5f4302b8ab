#include <lua.hpp>
#include <string>
#include <string_view>

#include "fuzz/lua.hpp"
#include "fuzz/target.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

namespace fuzz {
namespace {

// json.NAME(top of the stack), which it replaces. false: it raised an error, which replaces it.
bool call(lua_State* lua, const char* name) {
  lua_getfield(lua, 1, "json");
  lua_getfield(lua, -1, name);
  lua_remove(lua, -2);
  lua_insert(lua, -2);
  return lua_pcall(lua, 1, 1, 0) == LUA_OK;
}

}  // namespace

void json(const std::uint8_t* data, std::size_t size) {
  const Lua state;
  lua_State* lua = state.get();
  lua_newtable(lua);
  sandbox::add_json(lua);
  lua_pushlstring(lua, reinterpret_cast<const char*>(data), size);
  if (!call(lua, "decode")) {
    must(lua_type(lua, -1) == LUA_TSTRING, "an error is a text");
    return;
  }
  must(lua_gettop(lua) == 2, "one value comes of one text");
  must(call(lua, "encode"), "what was decoded can be encoded");
  const std::string once(sandbox::text_at(lua, -1));
  must(call(lua, "decode"), "what was encoded can be decoded");
  must(call(lua, "encode"), "and encoded again");
  must(sandbox::text_at(lua, -1).size() == once.size(), "nothing grows or is lost on the way");
}

}  // namespace fuzz

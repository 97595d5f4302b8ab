#include "sandbox/lua_state.hpp"

#include <cstdlib>
#include <unistd.h>

namespace sandbox {
namespace {

constexpr int k_most_refusals = 1000;  // a script that catches "not enough memory" this often is not going to stop

int panic(lua_State*) {
  ::_exit(k_exit_out_of_memory);
}

}  // namespace

LuaState::LuaState(std::uint64_t limit) : limit_(limit), lua_(lua_newstate(&LuaState::allocate, this)) {
  if (lua_ == nullptr) ::_exit(k_exit_out_of_memory);
  lua_atpanic(lua_, panic);
}

void* LuaState::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept {
  auto& state = *static_cast<LuaState*>(self);
  const std::size_t held = block != nullptr ? old_size : 0;  // for a new block old_size is its type
  if (new_size == 0) {
    std::free(block);
    state.used_ -= held;
    return nullptr;
  }
  if (new_size > held && state.used_ - held + new_size > state.limit_) {
    if (++state.refusals_ > k_most_refusals) ::_exit(k_exit_out_of_memory);
    return nullptr;
  }
  void* moved = std::realloc(block, new_size);
  if (moved != nullptr) state.used_ = state.used_ - held + new_size;
  return moved;
}

std::string_view text_at(lua_State* lua, int index) noexcept {
  if (lua_type(lua, index) != LUA_TSTRING) return {};
  std::size_t length = 0;
  const char* bytes = lua_tolstring(lua, index, &length);
  return {bytes, length};
}

void reserve(lua_State* lua, int slots) {
  if (lua_checkstack(lua, slots) == 0) throw ScriptError("the Lua stack is full");
}

}  // namespace sandbox

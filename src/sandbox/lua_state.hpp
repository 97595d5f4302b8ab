// A Lua state with a memory limit, and the rules by which host functions talk to it. Made in the zygote, which runs no
// script in it; lives in the worker.
//
// Debian's C++ build of Lua throws its errors: destructors run, so host functions may own things. In return nothing
// below Lua may `catch (...)`, and no exception but Lua's own may leave a host function: `guarded` sees to that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <lua.hpp>
#include <new>
#include <string>
#include <string_view>

#include "sandbox/worker.hpp"

namespace sandbox {

// What a host function wants to raise as a Lua error, with the position of the Lua line that called it.
class ScriptError : public std::exception {
 public:
  explicit ScriptError(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

// A host function as Lua wants it. Its errors become Lua errors with file and line of the caller.
template <int (*function)(lua_State*)>
int guarded(lua_State* lua) {
  std::string message;
  try {
    return function(lua);
  } catch (const ScriptError& error) {
    message = error.what();
  } catch (const std::bad_alloc&) {
    message = "not enough memory for this value";
  }
  return luaL_error(lua, "%s", message.c_str());
}

// Never closed by itself: a hostile state is not walked once more by its own destructor; the process ends instead.
class LuaState {
 public:
  // limit: bytes that Lua may hold at any moment, with what malloc takes for itself.
  explicit LuaState(std::uint64_t limit);
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  lua_State* get() const noexcept { return lua_; }
  void set_limit(std::uint64_t limit) noexcept { limit_ = limit; }

 private:
  bool must_end() noexcept;
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept;

  std::uint64_t limit_;
  std::uint64_t used_ = 0;
  int refusals_ = 0;          // in a row, with no gain between them
  std::uint64_t gained_ = 0;  // bytes since the last one
  int failures_ = 0;          // refusals that the script saw
  bool refused_ = false;      // and nothing was given since
  lua_State* lua_ = nullptr;
};

// A string value as bytes; empty for any other type. Valid as long as the value stays on the stack.
std::string_view text_at(lua_State* lua, int index) noexcept;

// Room for `slots` more values. Throws ScriptError.
void reserve(lua_State* lua, int slots);

}  // namespace sandbox

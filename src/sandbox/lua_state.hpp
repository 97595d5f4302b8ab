// A Lua state with a memory limit, and the rules by which host functions talk to it. Made in the zygote, which runs no
// script in it; lives in the worker.
//
// Debian's C++ build of Lua throws its errors: destructors run, so host functions may own things. In return nothing
// below Lua may `catch (...)`, and no exception but Lua's own may leave a host function: `guarded` sees to that.
#pragma once

#include <array>
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

  // Small blocks that were freed, by their size, for the next of that size: malloc and free would take a tenth of the
  // time of a script that reads rows. They are no more than 160 KiB together and do not count towards the limit.
  struct Spare {
    Spare* next;
  };
  struct Spares {
    Spare* first = nullptr;
    unsigned count = 0;
  };
  static constexpr std::size_t k_step = 16, k_classes = 12;
#ifdef FETTLE_SANITIZED  // which finds no use of a freed block that was not given back
  static constexpr unsigned k_most_spares = 0;
#else
  static constexpr unsigned k_most_spares = 128;
#endif
  static std::size_t class_of(std::size_t size) noexcept {
    return (size + 7) / k_step;
  }
  void* give(std::size_t size) noexcept;
  void take_back(void* block, std::size_t size) noexcept;

  std::uint64_t limit_;
  std::uint64_t used_ = 0;
  int refusals_ = 0;          // in a row, with no gain between them
  std::uint64_t gained_ = 0;  // bytes since the last one
  int failures_ = 0;          // refusals that the script saw
  bool refused_ = false;      // and nothing was given since
  std::array<Spares, k_classes> spares_;
  lua_State* lua_ = nullptr;
};

// A string value as bytes; empty for any other type. Valid as long as the value stays on the stack.
std::string_view text_at(lua_State* lua, int index) noexcept;

// Room for `slots` more values. Throws ScriptError.
void reserve(lua_State* lua, int slots);

}  // namespace sandbox

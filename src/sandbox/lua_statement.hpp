// What all functions of `db` that take SQL have in common: reading their arguments, and writing values into messages
// straight from the Lua stack. Each is a closure whose first upvalue is the database's name. Throws ScriptError.
#pragma once

#include <cstddef>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "core/message.hpp"
#include "core/wire.hpp"
#include "os/channel.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {

std::string_view database_of(lua_State* lua);  // "": the script's own

// Only inside shouldRun() and execute().
void check_phase(lua_State* lua);

std::string_view sql_at(lua_State* lua, int index);

void check_number(lua_Integer values, std::string_view what);

// All values of one call or row, written one by one: one string may be given a thousand times.
class Parameters {
 public:
  explicit Parameters(core::Writer& out) noexcept : out_(out) {}
  void add(lua_State* lua, int index, Place place);

 private:
  core::Writer& out_;
  std::size_t bytes_ = 0;
};

// A core::Statement with the SQL at 1 and its parameters above; the answer is valid until the next question.
os::FrameView ask_statement(lua_State* lua, core::Statement::Wants wants);

}  // namespace sandbox

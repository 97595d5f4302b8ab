#include "sandbox/lua_statement.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_db.hpp"
#include "sandbox/lua_state.hpp"

namespace sandbox {

std::string_view database_of(lua_State* lua) {
  return text_at(lua, lua_upvalueindex(1));
}

void check_phase(lua_State* lua) {
  if (host_of(lua).phase == Phase::loading)
    throw ScriptError("the database can be used only inside shouldRun() and execute(), not while the script is loaded");
}

std::string_view sql_at(lua_State* lua, int index) {
  if (lua_istable(lua, 1)) throw ScriptError("call it with a dot, not a colon: db.query(sql, …)");
  if (lua_type(lua, index) != LUA_TSTRING)
    throw ScriptError(fmt::format("the SQL must be a string, this is a {}", luaL_typename(lua, index)));
  return text_at(lua, index);
}

void check_number(lua_Integer values, std::string_view what) {
  if (values > static_cast<lua_Integer>(core::k_most_values))
    throw ScriptError(
        fmt::format("{} has {} values; no statement takes more than {}", what, values, core::k_most_values));
}

void Parameters::add(lua_State* lua, int index, Place place) {
  const core::ValueView value = to_view(lua, index, place);
  bytes_ += core::wire_size(value);
  if (bytes_ > core::k_largest_row)
    throw ScriptError(fmt::format("the values of this call are larger than {}, more than a statement can take",
                                  base::format_size(core::k_largest_row)));
  out_.put(value);
}

// A core::Statement with the SQL at 1 and its parameters above.
os::FrameView ask_statement(lua_State* lua, core::Statement::Wants wants) {
  const std::string_view sql = sql_at(lua, 1);
  const int count = lua_gettop(lua) - 1;
  check_number(count, "this call");
  BrokerLine& line = host_of(lua).line;
  core::Writer& out = line.start();
  out.put(wants).put(database_of(lua)).put(sql).put(static_cast<std::uint32_t>(count));
  Parameters parameters(out);
  for (int number = 1; number <= count; ++number) parameters.add(lua, number + 1, {number});
  return line.ask(core::Kind::statement, out.bytes());
}

}  // namespace sandbox

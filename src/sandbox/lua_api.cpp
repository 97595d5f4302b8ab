#include "sandbox/lua_api.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "sandbox/lua_batch.hpp"
#include "sandbox/lua_data.hpp"
#include "sandbox/lua_db.hpp"
#include "sandbox/lua_env.hpp"
#include "sandbox/lua_progress.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {
namespace {

using core::LineLevel;

constexpr const char* k_host = "fettle.host";
constexpr const char* k_skip = "fettle.skip";
constexpr std::size_t k_longest_line = std::size_t{16} << 10U;  // bytes

void send_line(lua_State* lua, LineLevel level, std::string_view text) {
  const core::Line line{level, base::cap(text, k_longest_line)};
  if (host_of(lua).runner.send(static_cast<std::uint8_t>(core::Line::kind), encode(line)) != os::SendResult::sent)
    ::_exit(k_exit_protocol);
}

// log.info("%d rows", n): the arguments go through string.format, a lone value is shown as it is.
template <LineLevel level>
int log_line(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (lua_gettop(lua) == 1) {
    push_text(lua, 1);
  } else {
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
  }
  send_line(lua, level, text_at(lua, -1));
  return 0;
}

int print(lua_State* lua) {
  const int count = lua_gettop(lua);
  std::string text;
  for (int index = 1; index <= count; ++index) {
    push_text(lua, index);
    if (index > 1) text += '\t';
    text += text_at(lua, -1).substr(0, k_longest_line + 1);
    lua_pop(lua, 1);
    if (text.size() > k_longest_line) break;
  }
  send_line(lua, LineLevel::info, text);
  return 0;
}

int skip(lua_State* lua) {
  const std::string_view reason = text_at(lua, 1);
  if (base::trim(reason).empty()) throw ScriptError("skip needs a reason: skip(\"nothing to do\")");
  if (host_of(lua).phase == Phase::loading) throw ScriptError("skip() works only inside shouldRun() and execute()");
  auto* place = static_cast<std::string*>(lua_newuserdatauv(lua, sizeof(std::string), 0));
  new (place) std::string(reason);  // lives until the process ends: the state is never closed
  luaL_setmetatable(lua, k_skip);
  return lua_error(lua);
}

template <LineLevel level>
void add_level(lua_State* lua) {
  lua_getfield(lua, -2, "string");
  lua_getfield(lua, -1, "format");
  lua_remove(lua, -2);
  lua_pushcclosure(lua, guarded<log_line<level>>, 1);
  lua_setfield(lua, -2, std::string(core::name(level)).c_str());
}

void add_log(lua_State* lua) {
  lua_createtable(lua, 0, 4);
  add_level<LineLevel::debug>(lua);
  add_level<LineLevel::info>(lua);
  add_level<LineLevel::warn>(lua);
  add_level<LineLevel::error>(lua);
  lua_setfield(lua, -2, "log");
}

void add_context(lua_State* lua, const core::Load& load) {
  const auto set = [lua](const char* name, const std::string& value) {
    lua_pushlstring(lua, value.data(), value.size());
    lua_setfield(lua, -2, name);
  };
  lua_createtable(lua, 0, 3);
  set("user", load.by);
  set("host", load.host);
  set("trigger", load.trigger);
  lua_createtable(lua, 0, 7);
  lua_insert(lua, -2);
  lua_setfield(lua, -2, "triggeredBy");
  set("script", load.name);
  set("environment", load.environment);
  lua_pushinteger(lua, load.attempt);
  lua_setfield(lua, -2, "attempt");
  lua_pushinteger(lua, load.run);
  lua_setfield(lua, -2, "run");
  lua_pushboolean(lua, load.preview ? 1 : 0);
  lua_setfield(lua, -2, "preview");
  lua_newtable(lua);
  lua_setfield(lua, -2, "args");
  lua_setfield(lua, -2, "ctx");
}

void add_function(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

}  // namespace

Host& host_of(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, k_host);
  Host* host = static_cast<Host*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return *host;
}

const std::string* skip_reason(lua_State* lua, int index) {
  return static_cast<const std::string*>(luaL_testudata(lua, index, k_skip));
}

// Takes the table from the top of the stack. A script that has put something else into the place of ctx keeps it.
void set_arguments(lua_State* lua) {
  lua_getglobal(lua, "ctx");
  if (lua_istable(lua, -1)) {
    lua_insert(lua, -2);
    lua_pushliteral(lua, "args");
    lua_insert(lua, -2);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
    return;
  }
  lua_pop(lua, 2);
}

void add_api(lua_State* lua, Host& host) {
  lua_pushlightuserdata(lua, &host);
  lua_setfield(lua, LUA_REGISTRYINDEX, k_host);
  luaL_newmetatable(lua, k_skip);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
  lua_pushglobaltable(lua);
  add_databases(lua, host.load.databases);
  add_log(lua);
  add_json(lua);
  add_context(lua, host.load);
  add_function(lua, "print", guarded<print>);
  add_progress(lua);
  add_batch(lua);
  add_data(lua);
  add_function(lua, "skip", guarded<skip>);
  lua_pop(lua, 1);
}

}  // namespace sandbox

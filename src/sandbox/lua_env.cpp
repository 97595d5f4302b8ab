#include "sandbox/lua_env.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "sandbox/lua_state.hpp"

namespace sandbox {
namespace {

struct Library {
  const char* name;  // empty: the globals themselves
  lua_CFunction open;
  std::vector<const char*> allowed;
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> list = {
      {"",
       luaopen_base,
       {"assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber", "type", "xpcall", "rawequal",
        "rawget", "rawlen", "rawset", "getmetatable", "_VERSION"}},
      {"string",
       luaopen_string,
       {"byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep", "reverse", "sub",
        "unpack", "upper"}},
      {"table", luaopen_table, {"concat", "insert", "move", "pack", "remove", "sort", "unpack"}},
      {"math", luaopen_math, {"abs",  "acos",       "asin",      "atan", "ceil", "cos",    "deg",
                              "exp",  "floor",      "fmod",      "huge", "log",  "max",    "maxinteger",
                              "min",  "mininteger", "modf",      "pi",   "rad",  "random", "sin",
                              "sqrt", "tan",        "tointeger", "type", "ult"}},
      {"utf8", luaopen_utf8, {"char", "charpattern", "codepoint", "codes", "len", "offset"}},
      {"coroutine",
       luaopen_coroutine,
       {"close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield"}},
  };
  return list;
}

// A finalizer would run outside every limit but the runner's clock, so scripts get none: Lua looks for the field only
// here.
int set_metatable(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_argexpected(lua, lua_isnoneornil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
  if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL) throw ScriptError("cannot change a protected metatable");
  if (lua_istable(lua, 2)) {
    lua_pushliteral(lua, "__gc");
    if (lua_rawget(lua, 2) != LUA_TNIL) throw ScriptError("__gc is not available to scripts");
  }
  lua_settop(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

int to_string(lua_State* lua) {
  luaL_checkany(lua, 1);
  push_text(lua, 1);
  return 1;
}

bool asks_for_address(std::string_view format) {
  for (std::size_t at = format.find('%'); at != std::string_view::npos && at + 1 < format.size();
       at = format.find('%', at + 2)) {
    const std::size_t letter = format.find_first_not_of("0123456789.-+ #", at + 1);
    if (letter != std::string_view::npos && format[letter] == 'p') return true;
  }
  return false;
}

// The stock function behind a gate: no %p, and values without a text of their own become their type's name.
int format(lua_State* lua) {
  if (asks_for_address(text_at(lua, 1))) throw ScriptError("%p is not available to scripts");
  const int count = lua_gettop(lua);
  for (int index = 2; index <= count; ++index) {
    const int type = lua_type(lua, index);
    if (type != LUA_TTABLE && type != LUA_TFUNCTION && type != LUA_TTHREAD && type != LUA_TUSERDATA) continue;
    push_text(lua, index);
    lua_replace(lua, index);
  }
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, count, 1);
  return 1;
}

// The stock function would give back the seed, which is an address when it was left to choose.
int random_seed(lua_State* lua) {
  const int count = lua_gettop(lua);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, count, 0);
  return 0;
}

std::time_t clock_seconds() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

int field_of(lua_State* lua, const char* name, int missing) {
  lua_getfield(lua, 1, name);
  if (lua_isnil(lua, -1) && missing == INT32_MIN)
    throw ScriptError(std::string("field '") + name + "' is missing in the date table");
  const lua_Integer value = luaL_optinteger(lua, -1, missing);
  if (value <= INT32_MIN || value > INT32_MAX) throw ScriptError(std::string("field '") + name + "' is out of range");
  lua_pop(lua, 1);
  return static_cast<int>(value);
}

int os_time(lua_State* lua) {
  if (lua_isnoneornil(lua, 1)) {
    lua_pushinteger(lua, clock_seconds());
    return 1;
  }
  luaL_checktype(lua, 1, LUA_TTABLE);
  std::tm parts{};
  const std::int64_t year = std::int64_t{field_of(lua, "year", INT32_MIN)} - 1900;
  parts.tm_year = static_cast<int>(year < INT32_MIN ? INT32_MIN : year);
  parts.tm_mon = field_of(lua, "month", INT32_MIN) - 1;
  parts.tm_mday = field_of(lua, "day", INT32_MIN);
  parts.tm_hour = field_of(lua, "hour", 12);
  parts.tm_min = field_of(lua, "min", 0);
  parts.tm_sec = field_of(lua, "sec", 0);
  parts.tm_isdst = -1;
  const std::time_t time = std::mktime(&parts);
  if (time == -1) throw ScriptError("os.time cannot hold this date");
  lua_pushinteger(lua, time);
  return 1;
}

void push_date_table(lua_State* lua, const std::tm& parts) {
  const auto set = [lua](const char* name, lua_Integer value) {
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
  };
  lua_createtable(lua, 0, 9);
  set("year", lua_Integer{parts.tm_year} + 1900);
  set("month", parts.tm_mon + 1);
  set("day", parts.tm_mday);
  set("hour", parts.tm_hour);
  set("min", parts.tm_min);
  set("sec", parts.tm_sec);
  set("wday", parts.tm_wday + 1);
  set("yday", parts.tm_yday + 1);
  lua_pushboolean(lua, parts.tm_isdst > 0 ? 1 : 0);
  lua_setfield(lua, -2, "isdst");
}

// strftime(3) with the conversions of C99; any other letter is undefined there, so it is refused here.
std::string render_date(std::string_view format, const std::tm& parts) {
  constexpr std::string_view k_known = "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
  std::string out;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      out += format[at];
      continue;
    }
    if (++at == format.size() || k_known.find(format[at]) == std::string_view::npos)
      throw ScriptError("os.date does not know this conversion");
    const std::array<char, 3> conversion = {'%', format[at], '\0'};
    std::array<char, 128> text{};
    out.append(text.data(), std::strftime(text.data(), text.size(), conversion.data(), &parts));
  }
  return out;
}

int os_date(lua_State* lua) {
  std::string format(lua_isnoneornil(lua, 1) ? "%c" : luaL_checkstring(lua, 1));
  const std::time_t at = lua_isnoneornil(lua, 2) ? clock_seconds() : luaL_checkinteger(lua, 2);
  const bool universal = format.starts_with('!');
  if (universal) format.erase(0, 1);
  std::tm parts{};
  if ((universal ? gmtime_r(&at, &parts) : localtime_r(&at, &parts)) == nullptr)
    throw ScriptError("os.date cannot show this time");
  if (format.starts_with("*t")) {
    push_date_table(lua, parts);
    return 1;
  }
  const std::string text = render_date(format, parts);
  lua_pushlstring(lua, text.data(), text.size());
  return 1;
}

// Seconds since the worker began: the processor's clock would be a system call that the filter does not know.
int os_clock(lua_State* lua) {
  static const auto start = std::chrono::steady_clock::now();
  lua_pushnumber(lua, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return 1;
}

int os_difftime(lua_State* lua) {
  lua_pushnumber(
      lua, static_cast<lua_Number>(luaL_checkinteger(lua, 1)) - static_cast<lua_Number>(luaL_checkinteger(lua, 2)));
  return 1;
}

void set_function(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

// Puts a host function before a stock one of the library below the table at the top of the stack.
template <int (*gate)(lua_State*)>
void set_gate(lua_State* lua, const char* name) {
  lua_getfield(lua, -2, name);
  lua_pushcclosure(lua, guarded<gate>, 1);
  lua_setfield(lua, -2, name);
}

// Copies the allowed fields of the library at the top of the stack into a new table, which takes its place.
void keep_allowed(lua_State* lua, const Library& library) {
  lua_newtable(lua);
  for (const char* name : library.allowed) {
    lua_getfield(lua, -2, name);
    lua_setfield(lua, -2, name);
  }
  if (std::string_view(library.name) == "string") set_gate<format>(lua, "format");
  if (std::string_view(library.name) == "math") set_gate<random_seed>(lua, "randomseed");
  lua_remove(lua, -2);
}

// Methods of strings come from the rebuilt table, and their metatable cannot be reached.
void rebuild_string_methods(lua_State* lua) {
  lua_pushliteral(lua, "");
  lua_createtable(lua, 0, 2);
  lua_getfield(lua, -3, "string");
  lua_setfield(lua, -2, "__index");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_pop(lua, 1);
}

void add_time_functions(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "time", guarded<os_time>);
  set_function(lua, "date", guarded<os_date>);
  set_function(lua, "clock", guarded<os_clock>);
  set_function(lua, "difftime", guarded<os_difftime>);
  lua_setfield(lua, -2, "os");
}

}  // namespace

void push_text(lua_State* lua, int index) {
  index = lua_absindex(lua, index);
  const int type = lua_type(lua, index);
  if (luaL_getmetafield(lua, index, "__tostring") != LUA_TNIL) {
    lua_pop(lua, 1);
    luaL_tolstring(lua, index, nullptr);
    return;
  }
  if (type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING)
    luaL_tolstring(lua, index, nullptr);
  else
    lua_pushstring(lua, lua_typename(lua, type));
}

void build_environment(lua_State* lua) {
  lua_newtable(lua);  // the globals to be
  for (const Library& library : libraries()) {
    lua_pushcfunction(lua, library.open);
    lua_call(lua, 0, 1);
    keep_allowed(lua, library);
    if (*library.name != '\0') {
      lua_setfield(lua, -2, library.name);
      continue;
    }
    for (const char* name : library.allowed) {
      lua_getfield(lua, -1, name);
      lua_setfield(lua, -3, name);
    }
    lua_pop(lua, 1);
  }
  set_function(lua, "setmetatable", guarded<set_metatable>);
  set_function(lua, "tostring", guarded<to_string>);
  add_time_functions(lua);
  rebuild_string_methods(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -2, "_G");
  lua_pushvalue(lua, -1);
  lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushnil(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pop(lua, 1);
}

}  // namespace sandbox

#include <array>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "fuzz/lua.hpp"
#include "fuzz/target.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"
#include "sandbox/script_contract.hpp"

namespace fuzz {
namespace {

constexpr std::array<const char*, 24> k_names = {
    "shouldRun", "execute",     "description", "database", "repeatable",   "timeout", "depends",    "tags",
    "executed",  "message",     "skipped",     "reason",   "environments", "retries", "backoff",    "notBefore",
    "window",    "transaction", "validate",    "rollback", "rows",         "Execute", "__tostring", "allowFailure"};
constexpr int k_most_values = 40;
constexpr sandbox::JsonCaps k_caps{16, 4096};
const core::Limits k_limits;

int do_nothing(lua_State*) {
  return 0;
}

// The input as a program for a small machine that builds values on the Lua stack: one byte says what, further ones with
// which.
class Machine {
 public:
  Machine(lua_State* lua, std::string_view program) : lua_(lua), program_(program) {}

  void run() {
    while (!program_.empty() && lua_gettop(lua_) < k_most_values) step(byte() % 20);
  }

 private:
  unsigned byte() {
    if (program_.empty()) return 0;
    const auto first = static_cast<unsigned char>(program_.front());
    program_.remove_prefix(1);
    return first;
  }
  template <class Number>
  Number number() {
    Number value{};
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::string_view take(std::size_t most) {
    const std::string_view taken = program_.substr(0, most);
    program_.remove_prefix(taken.size());
    return taken;
  }
  bool has(int values) const { return lua_gettop(lua_) >= values; }
  void push_text() {
    const std::string_view text = take(byte());
    lua_pushlstring(lua_, text.data(), text.size());
  }

  void step(unsigned what) {
    if (what < 11)
      push(what);
    else if (has(2) && what < 15)
      combine(what);
    else if (has(1))
      change(what);
  }

  void push(unsigned what) {
    switch (what) {
      case 0:
        return lua_pushnil(lua_);
      case 1:
        return lua_pushboolean(lua_, static_cast<int>(byte() & 1U));
      case 2:
        return lua_pushinteger(lua_, number<lua_Integer>());
      case 3:
        return lua_pushnumber(lua_, number<lua_Number>());
      case 4:
        return push_text();
      case 5:
        return lua_newtable(lua_);
      case 6:
        return lua_pushcfunction(lua_, do_nothing);
      case 7:
        lua_newthread(lua_);
        return;
      case 8:
        return sandbox::push_null(lua_);
      case 9:
        lua_newuserdatauv(lua_, 1, 0);
        return;
      default:
        if (has(1)) lua_pushvalue(lua_, 1 + static_cast<int>(byte()) % lua_gettop(lua_));
        return;
    }
  }

  // The two values at the top.
  void combine(unsigned what) {
    if (!lua_istable(lua_, -2)) return lua_settop(lua_, -2);
    switch (what) {
      case 11:
        return lua_rawseti(lua_, -2, static_cast<lua_Integer>(lua_rawlen(lua_, -2)) + 1);
      case 12:
        return lua_rawseti(lua_, -2, number<lua_Integer>());
      case 13: {
        const std::string_view name = k_names[byte() % k_names.size()];
        lua_pushlstring(lua_, name.data(), name.size());
        lua_insert(lua_, -2);
        return lua_rawset(lua_, -3);
      }
      default:
        if (!lua_istable(lua_, -1)) lua_settop(lua_, -2);
        if (lua_istable(lua_, -1) && has(2) && lua_istable(lua_, -2)) lua_setmetatable(lua_, -2);
        return;
    }
  }

  // The value at the top.
  void change(unsigned what) {
    switch (what) {
      case 15:
        return lua_settop(lua_, -2);
      case 16:
        return lua_setglobal(lua_, k_names[byte() % k_names.size()]);
      case 17:  // wrapped in a table, some levels deep
        for (unsigned levels = byte() % 32; levels > 0; --levels) wrap();
        return;
      case 18:  // a key of any type
        if (has(3) && lua_istable(lua_, -3) && !lua_isnil(lua_, -2) &&
            (lua_type(lua_, -2) != LUA_TNUMBER || lua_tonumber(lua_, -2) == lua_tonumber(lua_, -2)))
          lua_rawset(lua_, -3);
        return;
      default:  // a table in itself
        if (lua_istable(lua_, -1)) {
          lua_pushvalue(lua_, -1);
          lua_rawseti(lua_, -2, 1);
        }
        return;
    }
  }

  void wrap() {
    lua_createtable(lua_, 1, 0);
    lua_insert(lua_, -2);
    lua_rawseti(lua_, -2, 1);
  }

  lua_State* lua_;
  std::string_view program_;
};

void convert(lua_State* lua, int index) {
  const int top = lua_gettop(lua);
  try {
    const core::ValueView value = sandbox::to_view(lua, index, {1});
    must(lua_gettop(lua) == top, "a conversion leaves the stack as it was");
    sandbox::push_value(lua, value);
    must(sandbox::to_view(lua, -1, {1}) == value || value != value, "a value comes back as it went");
  } catch (const sandbox::ScriptError& error) {
    must(std::string_view(error.what()).starts_with("parameter 1"), "an error names the parameter");
  }
  lua_settop(lua, top);
  try {
    const std::string text = sandbox::to_json(lua, index, "result", k_caps);
    must(lua_gettop(lua) == top, "a conversion leaves the stack as it was");
    must(text.size() <= k_caps.bytes, "JSON is no larger than its cap");
    must(base::is_json(text, static_cast<int>(k_caps.depth) + 1), "what is called JSON is JSON, and not too deep");
  } catch (const sandbox::ScriptError& error) {
    must(std::string_view(error.what()).starts_with("result"), "an error names the path");
  }
  lua_settop(lua, top);
}

int build_and_judge(lua_State* lua) {
  const auto& program = *static_cast<const std::string_view*>(lua_touserdata(lua, 1));
  lua_settop(lua, 0);
  luaL_checkstack(lua, 4 * k_most_values, nullptr);
  Machine(lua, program).run();
  const int count = lua_gettop(lua);
  for (int index = 1; index <= count; ++index) convert(lua, index);
  for (int taken = 0; taken <= count && taken < 4; ++taken) {
    static_cast<void>(sandbox::judge_answer(lua, taken));
    lua_settop(lua, count);
    static_cast<void>(sandbox::judge_result(lua, taken, k_limits));
    lua_settop(lua, count);
  }
  if (count == 0) lua_pushnil(lua);
  static_cast<void>(sandbox::read_script(lua, {{"day", "5"}}));
  return 0;
}

}  // namespace

void values(const std::uint8_t* data, std::size_t size) {
  std::string_view program(reinterpret_cast<const char*>(data), size);
  const Lua lua;
  lua_pushcfunction(lua.get(), build_and_judge);
  lua_pushlightuserdata(lua.get(), &program);
  lua_pcall(lua.get(), 1, 0, 0);
}

}  // namespace fuzz

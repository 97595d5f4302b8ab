#include "sandbox/script_contract.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "core/schedule.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {
namespace {

constexpr std::array<std::string_view, 2> k_functions = {"shouldRun", "execute"};
constexpr std::array<const char*, 2> k_places = {"fettle.shouldRun", "fettle.execute"};  // in the registry
constexpr std::array<std::string_view, 7> k_fields = {"description", "database",  "repeatable", "transaction",
                                                      "timeout",     "notBefore", "window"};
// Named by the contract, not built yet. A script that relies on one must not run as if it had not asked.
constexpr std::array<std::string_view, 9> k_later = {"depends",      "tags",     "environments", "retries", "backoff",
                                                     "allowFailure", "validate", "rollback",     "maxRows"};
constexpr std::size_t k_longest_message = std::size_t{64} << 10U;

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void push_field(lua_State* lua, int table, std::string_view name) {
  lua_pushlstring(lua, name.data(), name.size());
  lua_rawget(lua, table);
}

// A key that was probably meant to be the function, by spelling.
std::string did_you_mean(lua_State* lua, int table, std::string_view wanted) {
  const std::array<std::string_view, 1> candidates = {wanted};
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
    const std::string_view key = text_at(lua, -2);
    if (key.empty() || !lua_isfunction(lua, -1) || contains(k_functions, key)) continue;
    if (!base::nearest(key, candidates)) continue;
    const std::string text = fmt::format("; `{}` is there: did you mean `{}`?", base::escape(key), wanted);
    lua_pop(lua, 2);
    return text;
  }
  return {};
}

std::optional<ContractFault> find_function(lua_State* lua, int table, std::size_t which, bool returned_table) {
  const std::string_view name = k_functions[which];
  push_field(lua, table, name);
  if (lua_isfunction(lua, -1)) {
    lua_setfield(lua, LUA_REGISTRYINDEX, k_places[which]);
    return std::nullopt;
  }
  const std::string found = luaL_typename(lua, -1);
  const bool missing = lua_isnil(lua, -1);
  lua_pop(lua, 1);
  if (!missing) return ContractFault{fmt::format("`{}` must be a function, it is a {}", name, found)};
  return ContractFault{fmt::format("the {} has no function `{}`{}", returned_table ? "returned table" : "script", name,
                                   did_you_mean(lua, table, name))};
}

std::optional<ContractFault> check_key(std::string_view key) {
  if (contains(k_functions, key) || contains(k_fields, key)) return std::nullopt;
  if (contains(k_later, key))
    return ContractFault{
        fmt::format("the field `{}` is not supported by this version of fettle, so the script was not run", key)};
  std::vector<std::string_view> known(k_fields.begin(), k_fields.end());
  known.insert(known.end(), k_functions.begin(), k_functions.end());
  known.insert(known.end(), k_later.begin(), k_later.end());
  const auto meant = base::nearest(key, known);
  return ContractFault{
      fmt::format("unknown field `{}`{}", base::escape(key), meant ? fmt::format(": did you mean `{}`?", *meant) : "")};
}

std::optional<ContractFault> check_keys(lua_State* lua, int table) {
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
    const std::string_view key = text_at(lua, -2);
    auto fault = lua_type(lua, -2) == LUA_TSTRING
                     ? check_key(key)
                     : ContractFault{fmt::format("the returned table has a key that is a {}", luaL_typename(lua, -2))};
    if (!fault) continue;
    lua_pop(lua, 2);
    return fault;
  }
  return std::nullopt;
}

// Of the fields for later issues, those that a script with global functions may have set.
std::optional<ContractFault> check_later_globals(lua_State* lua, int table) {
  for (const std::string_view name : k_later) {
    push_field(lua, table, name);
    const bool set = !lua_isnil(lua, -1);
    lua_pop(lua, 1);
    if (set) return check_key(name);
  }
  return std::nullopt;
}

ContractFault wrong_type(std::string_view field, std::string_view wanted, const char* found) {
  return {fmt::format("`{}` must be {}, it is a {}", field, wanted, found)};
}

std::optional<ContractFault> read_text(lua_State* lua, int table, std::string_view field, std::string& into) {
  push_field(lua, table, field);
  std::optional<ContractFault> fault;
  if (lua_type(lua, -1) == LUA_TSTRING)
    into = base::cap(text_at(lua, -1), 4096);
  else if (!lua_isnil(lua, -1))
    fault = wrong_type(field, "a string", luaL_typename(lua, -1));
  lua_pop(lua, 1);
  return fault;
}

// A name, or false.
std::optional<ContractFault> read_database(lua_State* lua, int table, core::Declaration& declaration) {
  push_field(lua, table, "database");
  declaration.writes = !lua_isboolean(lua, -1) || lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  if (!declaration.writes) return std::nullopt;
  auto fault = read_text(lua, table, "database", declaration.database);
  if (fault) fault->text += "; false means that the script writes none";
  return fault;
}

std::optional<ContractFault> read_flag(lua_State* lua, int table, std::string_view field, bool& into) {
  push_field(lua, table, field);
  std::optional<ContractFault> fault;
  if (lua_isboolean(lua, -1))
    into = lua_toboolean(lua, -1) != 0;
  else if (!lua_isnil(lua, -1))
    fault = wrong_type(field, "true or false", luaL_typename(lua, -1));
  lua_pop(lua, 1);
  return fault;
}

std::optional<ContractFault> read_timeout(lua_State* lua, int table, core::Declaration& declaration) {
  push_field(lua, table, "timeout");
  std::optional<ContractFault> fault;
  if (lua_type(lua, -1) == LUA_TNUMBER && lua_tonumber(lua, -1) > 0 && lua_tonumber(lua, -1) < 1e9)
    declaration.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(lua_tonumber(lua, -1) * 1000));
  else if (const auto time = base::parse_duration(text_at(lua, -1)); time && time->count() > 0)
    declaration.timeout = time;
  else if (!lua_isnil(lua, -1))
    fault = ContractFault{"`timeout` must be a number of seconds or a text like \"90s\" or \"5m\""};
  lua_pop(lua, 1);
  return fault;
}

std::optional<ContractFault> read_times(lua_State* lua, int table, core::Declaration& declaration) {
  if (auto fault = read_text(lua, table, "notBefore", declaration.not_before)) return fault;
  if (auto fault = read_text(lua, table, "window", declaration.window)) return fault;
  if (!declaration.not_before.empty() && !core::parse_point(declaration.not_before))
    return ContractFault{fmt::format("`notBefore` must be a time like \"2026-12-01T02:00:00+01:00\", it is \"{}\"",
                                     base::escape(declaration.not_before))};
  if (!declaration.window.empty() && !core::parse_window(declaration.window))
    return ContractFault{fmt::format("`window` must be like \"Sat 02:00-04:00 Europe/Berlin\", it is \"{}\"",
                                     base::escape(declaration.window))};
  return std::nullopt;
}

std::optional<ContractFault> read_fields(lua_State* lua, int table, core::Declaration& declaration) {
  if (auto fault = read_text(lua, table, "description", declaration.description)) return fault;
  if (auto fault = read_database(lua, table, declaration)) return fault;
  if (auto fault = read_timeout(lua, table, declaration)) return fault;
  if (auto fault = read_times(lua, table, declaration)) return fault;
  if (auto fault = read_flag(lua, table, "repeatable", declaration.repeatable)) return fault;
  return read_flag(lua, table, "transaction", declaration.transaction);
}

// --- what execute() returned ---------------------------------------------------------------------------------------

constexpr std::string_view k_expected = "return { executed = true, message = \"what was done\" }";

// A text for people out of a field that may hold anything.
std::string words_of(lua_State* lua, int index) {
  if (lua_type(lua, index) == LUA_TSTRING) return base::cap(text_at(lua, index), k_longest_message);
  if (lua_type(lua, index) == LUA_TTABLE) {
    push_field(lua, lua_absindex(lua, index), "message");
    std::string text = lua_type(lua, -1) == LUA_TSTRING ? words_of(lua, -1) : std::string("a table");
    lua_pop(lua, 1);
    return text;
  }
  if (lua_type(lua, index) == LUA_TNUMBER || lua_type(lua, index) == LUA_TBOOLEAN) {
    lua_pushvalue(lua, index);
    std::string text = luaL_tolstring(lua, -1, nullptr);
    lua_pop(lua, 2);
    return text;
  }
  return fmt::format("a {}", luaL_typename(lua, index));
}

struct Flag {
  bool present = false, value = false, wrong = false;
};

Flag flag_of(lua_State* lua, int table, std::string_view name) {
  push_field(lua, table, name);
  const Flag flag{!lua_isnil(lua, -1), lua_toboolean(lua, -1) != 0, !lua_isnil(lua, -1) && !lua_isboolean(lua, -1)};
  lua_pop(lua, 1);
  return flag;
}

// The message field; nullopt: it is there and no string.
std::optional<std::string> message_of(lua_State* lua, int table) {
  push_field(lua, table, "message");
  std::optional<std::string> message;
  if (lua_isnil(lua, -1))
    message.emplace();
  else if (lua_type(lua, -1) == LUA_TSTRING)
    message = base::cap(text_at(lua, -1), k_longest_message);
  lua_pop(lua, 1);
  return message;
}

// Every further field, as one JSON object; empty when there is none.
std::string further_fields(lua_State* lua, int table, const core::Limits& limits) {
  lua_newtable(lua);
  const int copy = lua_gettop(lua);
  bool any = false;
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
    const std::string_view key = text_at(lua, -2);
    if (key == "executed" || key == "message" || key == "skipped" || key == "error") continue;
    lua_pushvalue(lua, -2);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, copy);
    any = true;
  }
  const JsonCaps caps{limits.result_depth, limits.result_bytes, "limits.result_depth", "limits.result_bytes"};
  std::string json = any ? to_json(lua, copy, "result", caps) : std::string();
  lua_pop(lua, 1);
  return json;
}

std::string failure_text(lua_State* lua, int table, const std::string& message) {
  push_field(lua, table, "error");
  const bool has_error = !lua_isnil(lua, -1);
  std::string text = has_error ? words_of(lua, -1) : message;
  lua_pop(lua, 1);
  return text.empty() ? "execute() returned executed = false" : text;
}

std::variant<core::Result, ContractFault> judge_table(lua_State* lua, int table, const core::Limits& limits) {
  const Flag executed = flag_of(lua, table, "executed");
  const Flag skipped = flag_of(lua, table, "skipped");
  if (executed.wrong || skipped.wrong)
    return ContractFault{fmt::format("`{}` in the table that execute() returned must be true or false",
                                     executed.wrong ? "executed" : "skipped")};
  const auto message = message_of(lua, table);
  if (!message) return ContractFault{"`message` in the table that execute() returned must be a string"};
  push_field(lua, table, "error");
  const bool has_error = !lua_isnil(lua, -1);
  lua_pop(lua, 1);
  core::Result result;
  result.message = *message;
  if (has_error || (executed.present && !executed.value && !skipped.value)) {
    result.message = failure_text(lua, table, *message);
    return result;
  }
  if (skipped.value && executed.value)
    return ContractFault{"execute() returned both executed = true and skipped = true; it can only be one"};
  if (skipped.value && message->empty())
    return ContractFault{"execute() returned skipped = true without a message that says why"};
  if (!skipped.value && !executed.present)
    return ContractFault{fmt::format("execute() returned a table without `executed`; {}", k_expected)};
  result.word = skipped.value ? core::Result::Word::skipped : core::Result::Word::succeeded;
  result.json = further_fields(lua, table, limits);
  return result;
}

}  // namespace

std::variant<core::Declaration, ContractFault> read_script(lua_State* lua) {
  const bool returned_table = lua_istable(lua, -1);
  if (!returned_table && !lua_isnil(lua, -1))
    return ContractFault{fmt::format(
        "the script returned a {}; return a table with shouldRun and execute, or define both as global functions",
        luaL_typename(lua, -1))};
  if (!returned_table) lua_pushglobaltable(lua);
  const int table = lua_gettop(lua);
  std::optional<ContractFault> fault;
  for (std::size_t which = 0; which < k_functions.size() && !fault; ++which)
    fault = find_function(lua, table, which, returned_table);
  if (!fault) fault = returned_table ? check_keys(lua, table) : check_later_globals(lua, table);
  core::Declaration declaration;
  if (!fault) fault = read_fields(lua, table, declaration);
  if (fault) return *fault;
  return declaration;
}

void push_function(lua_State* lua, Function function) {
  lua_getfield(lua, LUA_REGISTRYINDEX, k_places[static_cast<std::size_t>(function)]);
}

std::variant<core::Answer, ContractFault> judge_answer(lua_State* lua, int count) {
  if (count == 1 && lua_isboolean(lua, -1))
    return core::Answer{lua_toboolean(lua, -1) != 0 ? core::Answer::Word::yes : core::Answer::Word::no, {}};
  if (count > 1)
    return ContractFault{fmt::format("shouldRun() returned {} values; it returns true or false, nothing else", count)};
  return ContractFault{fmt::format("shouldRun() returned {}; it returns true or false, nothing else",
                                   count == 0 ? std::string("nothing") : fmt::format("a {}", luaL_typename(lua, -1)))};
}

std::variant<core::Result, ContractFault> judge_result(lua_State* lua, int count, const core::Limits& limits) {
  const int first = lua_gettop(lua) - count + 1;
  if (count == 0) return ContractFault{fmt::format("execute() returned nothing; {}", k_expected)};
  if (count >= 2 && lua_isnil(lua, first))
    return core::Result{core::Result::Word::failed, words_of(lua, first + 1), {}};
  if (!lua_istable(lua, first))
    return ContractFault{fmt::format("execute() returned a {}; {}", luaL_typename(lua, first), k_expected)};
  if (count > 1) return ContractFault{fmt::format("execute() returned {} values; {}", count, k_expected)};
  try {
    return judge_table(lua, first, limits);
  } catch (const ScriptError& error) {
    return ContractFault{error.what()};
  }
}

}  // namespace sandbox

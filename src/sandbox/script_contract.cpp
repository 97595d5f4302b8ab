#include "sandbox/script_contract.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {
namespace {

constexpr std::array<std::string_view, 4> k_functions = {"shouldRun", "execute", "validate", "rollback"};
constexpr std::array<const char*, 4> k_places = {"fettle.shouldRun", "fettle.execute", "fettle.validate",
                                                 "fettle.rollback"};  // in the registry
constexpr std::size_t k_required = 2;                                 // the first of them
constexpr std::size_t k_longest_message = std::size_t{64} << 10U;

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
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

// One that need not be there.
void keep_function(lua_State* lua, int table, std::size_t which) {
  push_field(lua, table, k_functions[which]);
  lua_setfield(lua, LUA_REGISTRYINDEX, k_places[which]);
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

std::optional<ContractFault> check_keys(lua_State* lua, int table) {
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
    const std::string_view key = text_at(lua, -2);
    auto fault = lua_type(lua, -2) == LUA_TSTRING
                     ? check_field_name(key)
                     : ContractFault{fmt::format("the returned table has a key that is a {}", luaL_typename(lua, -2))};
    if (!fault) continue;
    lua_pop(lua, 2);
    return fault;
  }
  return std::nullopt;
}

// --- what execute() returned ---------------------------------------------------------------------------------------

constexpr std::string_view k_validation = "return { valid = true } or { valid = false, message = \"why\" }";
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

std::variant<core::Declaration, ContractFault> read_script(lua_State* lua, const std::vector<core::Argument>& given) {
  const bool returned_table = lua_istable(lua, -1);
  if (!returned_table && !lua_isnil(lua, -1))
    return ContractFault{fmt::format(
        "the script returned a {}; return a table with shouldRun and execute, or define both as global functions",
        luaL_typename(lua, -1))};
  if (!returned_table) lua_pushglobaltable(lua);
  const int table = lua_gettop(lua);
  std::optional<ContractFault> fault;
  for (std::size_t which = 0; which < k_required && !fault; ++which)
    fault = find_function(lua, table, which, returned_table);
  if (!fault && returned_table) fault = check_keys(lua, table);
  if (fault) return *fault;
  for (std::size_t which = k_required; which < k_functions.size(); ++which) keep_function(lua, table, which);
  return read_fields(lua, table, given);
}

void push_function(lua_State* lua, Function function) {
  lua_getfield(lua, LUA_REGISTRYINDEX, k_places[static_cast<std::size_t>(function)]);
}

std::variant<core::Answer, ContractFault> judge_answer(lua_State* lua, int count) {
  if (count == 1 && lua_isboolean(lua, -1))
    return core::Answer{lua_toboolean(lua, -1) != 0 ? core::Answer::Word::yes : core::Answer::Word::no, {}, {}};
  if (count > 1)
    return ContractFault{fmt::format("shouldRun() returned {} values; it returns true or false, nothing else", count)};
  return ContractFault{fmt::format("shouldRun() returned {}; it returns true or false, nothing else",
                                   count == 0 ? std::string("nothing") : fmt::format("a {}", luaL_typename(lua, -1)))};
}

std::variant<core::Answer, ContractFault> judge_validation(lua_State* lua, int count) {
  if (count != 1 || !lua_istable(lua, -1))
    return ContractFault{fmt::format("validate() returned {}; {}",
                                     count == 1 ? shown(lua, -1) : fmt::format("{} values", count), k_validation)};
  const int table = lua_gettop(lua);
  const Flag valid = flag_of(lua, table, "valid");
  if (!valid.present || valid.wrong)
    return ContractFault{
        fmt::format("`valid` in the table that validate() returned must be true or false; {}", k_validation)};
  const auto message = message_of(lua, table);
  if (!message) return ContractFault{"`message` in the table that validate() returned must be a string"};
  core::Answer answer{valid.value ? core::Answer::Word::yes : core::Answer::Word::invalid, *message, {}};
  if (!valid.value && message->empty()) answer.reason = "validate() said no, without a message";
  push_field(lua, table, "warnings");
  auto warnings = lua_isnil(lua, -1) ? std::vector<std::string>() : texts_at(lua, -1);
  const std::string found = shown(lua, -1);
  lua_pop(lua, 1);
  if (!warnings)
    return ContractFault{
        fmt::format("`warnings` in the table that validate() returned must be a list of texts, it is {}", found)};
  answer.warnings = std::move(*warnings);
  return answer;
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

#include "sandbox/script_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "base/text.hpp"
#include "core/schedule.hpp"
#include "sandbox/lua_state.hpp"

namespace sandbox {
namespace {

using core::Declaration;
using Fault = std::optional<ContractFault>;

constexpr std::size_t k_longest_text = 4096;  // bytes of what a script declares of itself
constexpr std::size_t k_longest_shown = 60;   // of a value in a message
constexpr lua_Integer k_longest_list = 1000;  // names in `depends`, `tags`, `environments`, `args`
constexpr lua_Integer k_most_retries = 100;
constexpr double k_most_seconds = 1e9;

ContractFault wrong(std::string_view field, std::string_view allowed, const std::string& found) {
  return {fmt::format("`{}` must be {}, it is {}", field, allowed, found)};
}

Fault read_text(lua_State* lua, int table, std::string_view field, std::string& into) {
  push_field(lua, table, field);
  Fault fault;
  if (lua_type(lua, -1) == LUA_TSTRING)
    into = base::cap(text_at(lua, -1), k_longest_text);
  else if (!lua_isnil(lua, -1))
    fault = wrong(field, "a string", shown(lua, -1));
  lua_pop(lua, 1);
  return fault;
}

Fault read_flag(lua_State* lua, int table, std::string_view field, bool& into) {
  push_field(lua, table, field);
  Fault fault;
  if (lua_isboolean(lua, -1))
    into = lua_toboolean(lua, -1) != 0;
  else if (!lua_isnil(lua, -1))
    fault = wrong(field, "true or false", shown(lua, -1));
  lua_pop(lua, 1);
  return fault;
}

Fault read_list(lua_State* lua, int table, std::string_view field, std::string_view example,
                std::vector<std::string>& into) {
  push_field(lua, table, field);
  Fault fault;
  if (!lua_isnil(lua, -1)) {
    auto texts = texts_at(lua, -1);
    if (texts)
      into = std::move(*texts);
    else
      fault = wrong(field, fmt::format("a list of texts such as {}", example), shown(lua, -1));
  }
  lua_pop(lua, 1);
  return fault;
}

Fault read_count(lua_State* lua, int table, std::string_view field, lua_Integer least, lua_Integer most,
                 std::string_view allowed, std::uint64_t& into) {
  push_field(lua, table, field);
  Fault fault;
  int is_whole = 0;
  const lua_Integer number = lua_type(lua, -1) == LUA_TNUMBER ? lua_tointegerx(lua, -1, &is_whole) : 0;
  if (is_whole != 0 && number >= least && number <= most)
    into = static_cast<std::uint64_t>(number);
  else if (!lua_isnil(lua, -1))
    fault = wrong(field, allowed, shown(lua, -1));
  lua_pop(lua, 1);
  return fault;
}

Fault read_duration(lua_State* lua, int table, std::string_view field, std::optional<std::chrono::milliseconds>& into) {
  push_field(lua, table, field);
  Fault fault;
  const lua_Number seconds = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
  if (seconds > 0 && seconds < k_most_seconds)
    into = std::chrono::milliseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(seconds * 1000)));
  else if (const auto time = base::parse_duration(text_at(lua, -1)); time && time->count() > 0)
    into = time;
  else if (!lua_isnil(lua, -1))
    fault = wrong(field, "a number of seconds above zero or a text like \"90s\" or \"5m\"", shown(lua, -1));
  lua_pop(lua, 1);
  return fault;
}

// A name, or false.
Fault read_database(lua_State* lua, int table, Declaration& declaration) {
  push_field(lua, table, "database");
  declaration.writes = !lua_isboolean(lua, -1) || lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  if (!declaration.writes) return std::nullopt;
  auto fault = read_text(lua, table, "database", declaration.database);
  if (fault) fault->text += "; false means that the script writes none";
  return fault;
}

Fault read_times(lua_State* lua, int table, Declaration& declaration) {
  if (auto fault = read_text(lua, table, "notBefore", declaration.not_before)) return fault;
  if (auto fault = read_text(lua, table, "window", declaration.window)) return fault;
  if (!declaration.not_before.empty() && !core::parse_point(declaration.not_before))
    return wrong("notBefore", "a time like \"2026-12-01T02:00:00+01:00\"",
                 fmt::format("\"{}\"", base::escape(base::cap(declaration.not_before, k_longest_shown))));
  if (!declaration.window.empty() && !core::parse_window(declaration.window))
    return wrong("window", "like \"Sat 02:00-04:00 Europe/Berlin\"",
                 fmt::format("\"{}\"", base::escape(base::cap(declaration.window, k_longest_shown))));
  return std::nullopt;
}

Fault read_function(lua_State* lua, int table, std::string_view field, bool& into) {
  push_field(lua, table, field);
  Fault fault;
  into = lua_isfunction(lua, -1);
  if (!into && !lua_isnil(lua, -1)) fault = wrong(field, "a function", shown(lua, -1));
  lua_pop(lua, 1);
  return fault;
}

// --- args ----------------------------------------------------------------------------------------------------------

// The field `args`: names that must be given, and names with what they are when they are not given.
class Arguments {
 public:
  Arguments(lua_State* lua, const std::vector<core::Argument>& given) : lua_(lua), given_(given) {
    lua_newtable(lua_);
    result_ = lua_gettop(lua_);
  }

  // Leaves the table at the top of the stack.
  Fault bring_together(int table, Declaration& declaration) {
    push_field(lua_, table, "args");
    Fault fault;
    if (lua_isnil(lua_, -1))
      take_all();
    else if (lua_istable(lua_, -1))
      fault = match(lua_gettop(lua_));
    else
      fault = wrong("args", "a table such as { \"day\", limit = 100 }", shown(lua_, -1));
    lua_settop(lua_, result_);
    declaration.args = std::move(known_);
    declaration.args_fault = std::move(fault_);
    return fault;
  }

 private:
  // A script that does not say what it takes is given everything, as texts.
  void take_all() {
    for (const core::Argument& argument : given_) set(argument.name, argument.value);
  }

  Fault match(int wishes) {
    std::vector<std::string> names;
    for (lua_pushnil(lua_); lua_next(lua_, wishes) != 0; lua_pop(lua_, 1))
      if (auto fault = take_wish(names)) return fault;
    if (names.size() > static_cast<std::size_t>(k_longest_list))
      return ContractFault{
          fmt::format("`args` must name at most {} arguments, it names {}", k_longest_list, names.size())};
    std::sort(known_.begin(), known_.end());
    refuse_unknown(names);
    return std::nullopt;
  }

  // One entry of `args`, key and value at the top of the stack.
  Fault take_wish(std::vector<std::string>& names) {
    const bool required = lua_type(lua_, -2) == LUA_TNUMBER;
    const std::string name(text_at(lua_, required ? -1 : -2));
    if (name.empty())
      return wrong("args", "a table of names, such as { \"day\", limit = 100 }",
                   fmt::format("one with {} = {} in it", shown(lua_, -2), shown(lua_, -1)));
    names.push_back(name);
    const core::Argument* found = find(name);
    if (required) {
      known_.push_back(base::cap(name, k_longest_text));
      if (found == nullptr) return blame(fmt::format("it needs --arg {0}=…", base::escape(name)));
      set(name, found->value);
      return std::nullopt;
    }
    const int type = lua_type(lua_, -1);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
      return ContractFault{fmt::format("`args.{}` must be a text, a number, true or false, it is {}",
                                       base::escape(name), shown(lua_, -1))};
    known_.push_back(fmt::format("{} = {}", base::cap(name, k_longest_text), shown(lua_, -1)));
    if (found == nullptr) {
      lua_pushvalue(lua_, -1);
      return store(name);
    }
    return convert(name, found->value, type);
  }

  // As what its default is.
  Fault convert(const std::string& name, const std::string& value, int type) {
    if (type == LUA_TSTRING) {
      set(name, value);
      return std::nullopt;
    }
    if (type == LUA_TBOOLEAN) {
      if (value != "true" && value != "false") return blame_value(name, "true or false", value);
      lua_pushboolean(lua_, value == "true" ? 1 : 0);
      return store(name);
    }
    if (lua_stringtonumber(lua_, value.c_str()) != value.size() + 1) return blame_value(name, "a number", value);
    return store(name);
  }

  Fault blame(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
    return std::nullopt;
  }
  Fault blame_value(const std::string& name, std::string_view allowed, const std::string& value) {
    return blame(fmt::format("--arg {} must be {}, it is \"{}\"", base::escape(name), allowed,
                             base::escape(base::cap(value, k_longest_shown))));
  }

  void refuse_unknown(const std::vector<std::string>& names) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    for (const core::Argument& argument : given_) {
      if (std::find(names.begin(), names.end(), argument.name) != names.end()) continue;
      const auto meant = base::nearest(argument.name, views);
      fault_ =
          fmt::format("it takes no --arg {}{}; it takes {}", base::escape(base::cap(argument.name, k_longest_shown)),
                      meant ? fmt::format(": did you mean {}?", base::escape(*meant)) : "",
                      known_.empty() ? "none" : base::escape(fmt::format("{}", fmt::join(known_, ", "))));
    }
  }

  const core::Argument* find(std::string_view name) const {
    const auto same = [name](const core::Argument& argument) { return argument.name == name; };
    const auto found = std::find_if(given_.begin(), given_.end(), same);
    return found == given_.end() ? nullptr : &*found;
  }

  void set(const std::string& name, const std::string& value) {
    lua_pushlstring(lua_, value.data(), value.size());
    (void)store(name);
  }
  // What lies at the top of the stack.
  Fault store(const std::string& name) {
    lua_pushlstring(lua_, name.data(), name.size());
    lua_insert(lua_, -2);
    lua_rawset(lua_, result_);
    return std::nullopt;
  }

  lua_State* lua_;
  const std::vector<core::Argument>& given_;
  int result_ = 0;
  std::vector<std::string> known_;  // for people
  std::string fault_;
};

constexpr std::array<std::string_view, 19> k_names = {
    "shouldRun",   "execute", "validate",     "rollback", "description", "database", "repeatable",
    "transaction", "timeout", "notBefore",    "window",   "depends",     "tags",     "environments",
    "retries",     "backoff", "allowFailure", "args",     "maxRows"};

Fault read_all(lua_State* lua, int table, Declaration& declaration) {
  if (auto fault = read_text(lua, table, "description", declaration.description)) return fault;
  if (auto fault = read_database(lua, table, declaration)) return fault;
  if (auto fault = read_duration(lua, table, "timeout", declaration.timeout)) return fault;
  if (auto fault = read_times(lua, table, declaration)) return fault;
  if (auto fault = read_flag(lua, table, "repeatable", declaration.repeatable)) return fault;
  if (auto fault = read_flag(lua, table, "transaction", declaration.transaction)) return fault;
  if (auto fault = read_flag(lua, table, "allowFailure", declaration.allow_failure)) return fault;
  if (auto fault = read_list(lua, table, "depends", "{ \"003_add_column\" }", declaration.depends)) return fault;
  if (auto fault = read_list(lua, table, "tags", "{ \"nightly\" }", declaration.tags)) return fault;
  if (auto fault = read_list(lua, table, "environments", "{ \"production\" }", declaration.environments)) return fault;
  if (auto fault =
          read_count(lua, table, "retries", 0, k_most_retries, "a whole number from 0 to 100", declaration.retries))
    return fault;
  if (auto fault = read_duration(lua, table, "backoff", declaration.backoff)) return fault;
  if (auto fault =
          read_count(lua, table, "maxRows", 1, LUA_MAXINTEGER, "a whole number above zero", declaration.max_rows))
    return fault;
  if (auto fault = read_function(lua, table, "validate", declaration.validates)) return fault;
  return read_function(lua, table, "rollback", declaration.rolls_back);
}

}  // namespace

void push_field(lua_State* lua, int table, std::string_view name) {
  lua_pushlstring(lua, name.data(), name.size());
  lua_rawget(lua, table);
}

std::string shown(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TSTRING:
      return fmt::format("\"{}\"", base::escape(base::cap(text_at(lua, index), k_longest_shown)));
    case LUA_TNUMBER:
      return lua_isinteger(lua, index) != 0 ? fmt::format("{}", lua_tointeger(lua, index))
                                            : fmt::format("{}", lua_tonumber(lua, index));
    case LUA_TBOOLEAN:
      return lua_toboolean(lua, index) != 0 ? "true" : "false";
    case LUA_TNIL:
      return "nil";
    default:
      return fmt::format("a {}", luaL_typename(lua, index));
  }
}

std::optional<std::vector<std::string>> texts_at(lua_State* lua, int index) {
  if (!lua_istable(lua, index)) return std::nullopt;
  const int list = lua_absindex(lua, index);
  const auto length = static_cast<lua_Integer>(lua_rawlen(lua, list));
  lua_Integer keys = 0;
  for (lua_pushnil(lua); lua_next(lua, list) != 0; lua_pop(lua, 1)) ++keys;
  if (length > k_longest_list || keys != length) return std::nullopt;
  std::vector<std::string> texts;
  for (lua_Integer at = 1; at <= length; ++at) {
    lua_rawgeti(lua, list, at);
    const std::string_view text = text_at(lua, -1);
    if (!base::trim(text).empty()) texts.push_back(base::cap(text, k_longest_text));
    lua_pop(lua, 1);
  }
  if (texts.size() != static_cast<std::size_t>(length)) return std::nullopt;
  return texts;
}

Fault check_field_name(std::string_view name) {
  if (std::find(k_names.begin(), k_names.end(), name) != k_names.end()) return std::nullopt;
  const auto meant = base::nearest(name, k_names);
  return ContractFault{fmt::format("unknown field `{}`{}", base::escape(name),
                                   meant ? fmt::format(": did you mean `{}`?", *meant) : "")};
}

std::variant<Declaration, ContractFault> read_fields(lua_State* lua, int table,
                                                     const std::vector<core::Argument>& given) {
  Declaration declaration;
  if (auto fault = read_all(lua, table, declaration)) return *std::move(fault);
  if (auto fault = Arguments(lua, given).bring_together(table, declaration)) {
    lua_pop(lua, 1);
    return *std::move(fault);
  }
  return declaration;
}

}  // namespace sandbox

#include "sandbox/batch_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

#include "base/text.hpp"
#include "core/batch.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/script_fields.hpp"

namespace sandbox {
namespace {

constexpr lua_Integer k_largest_page = 100'000;
constexpr std::array<std::string_view, 13> k_fields = {"name",     "query",   "params", "key",   "size",
                                                       "each",     "rows",    "errors", "total", "pause",
                                                       "throttle", "restart", "next"};
constexpr std::string_view k_use =
    "batch{ query = \"select id, … from …\", each = function(row) … end } or batch{ next = function(cursor, size) … "
    "end }";

void check_fields(lua_State* lua, int table) {
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
    const std::string field = lua_type(lua, -2) == LUA_TSTRING ? std::string(text_at(lua, -2)) : shown(lua, -2);
    if (lua_type(lua, -2) == LUA_TSTRING && std::find(k_fields.begin(), k_fields.end(), field) != k_fields.end())
      continue;
    const auto meant = base::nearest(field, k_fields);
    throw ScriptError(fmt::format("batch has no field `{}`{}", base::escape(base::cap(field, 100)),
                                  meant ? fmt::format("; did you mean `{}`?", *meant) : std::string()));
  }
}

class Fields {
 public:
  Fields(lua_State* lua, int table) : lua_(lua), table_(table) {}

  bool has(std::string_view name) {
    push_field(lua_, table_, name);
    const bool there = !lua_isnil(lua_, -1);
    lua_pop(lua_, 1);
    return there;
  }

  std::string text(std::string_view name, std::string otherwise) {
    push_field(lua_, table_, name);
    if (!lua_isnil(lua_, -1) && lua_type(lua_, -1) != LUA_TSTRING) fail(name, "a string");
    if (!lua_isnil(lua_, -1)) otherwise = std::string(text_at(lua_, -1));
    lua_pop(lua_, 1);
    return otherwise;
  }

  bool flag(std::string_view name, bool otherwise) {
    push_field(lua_, table_, name);
    if (!lua_isnil(lua_, -1) && !lua_isboolean(lua_, -1)) fail(name, "true or false");
    if (!lua_isnil(lua_, -1)) otherwise = lua_toboolean(lua_, -1) != 0;
    lua_pop(lua_, 1);
    return otherwise;
  }

  lua_Integer count(std::string_view name, lua_Integer otherwise, lua_Integer least, lua_Integer most) {
    push_field(lua_, table_, name);
    if (!lua_isnil(lua_, -1)) {
      int whole = 0;
      otherwise = lua_tointegerx(lua_, -1, &whole);
      if (lua_type(lua_, -1) != LUA_TNUMBER || whole == 0 || otherwise < least || otherwise > most)
        fail(name, fmt::format("a whole number from {} to {}", least, most));
    }
    lua_pop(lua_, 1);
    return otherwise;
  }

  std::vector<std::string> texts(std::string_view name, std::vector<std::string> otherwise) {
    push_field(lua_, table_, name);
    if (lua_type(lua_, -1) == LUA_TSTRING) {
      otherwise = {std::string(text_at(lua_, -1))};
    } else if (!lua_isnil(lua_, -1)) {
      auto found = texts_at(lua_, -1);
      if (!found || found->empty()) fail(name, "the name of a column, or a list of them");
      otherwise = *std::move(found);
    }
    lua_pop(lua_, 1);
    return otherwise;
  }

  // Seconds, or "50ms".
  std::optional<std::chrono::milliseconds> duration(std::string_view name) {
    push_field(lua_, table_, name);
    std::optional<std::chrono::milliseconds> found;
    if (lua_type(lua_, -1) == LUA_TNUMBER && lua_tonumber(lua_, -1) >= 0 && lua_tonumber(lua_, -1) <= 3600)
      found = std::chrono::milliseconds(std::llround(lua_tonumber(lua_, -1) * 1000));
    else if (lua_type(lua_, -1) == LUA_TSTRING)
      found = base::parse_duration(text_at(lua_, -1));
    if (!lua_isnil(lua_, -1) && (!found || *found > std::chrono::hours(1)))
      fail(name, "seconds, or a duration as \"50ms\", of an hour at most");
    lua_pop(lua_, 1);
    return found;
  }

 private:
  [[noreturn]] void fail(std::string_view name, std::string_view wanted) {
    throw ScriptError(fmt::format("`{}` of batch must be {}, it is {}", name, wanted, shown(lua_, -1)));
  }

  lua_State* lua_;
  int table_;
};

BatchOptions::Form read_form(Fields& fields) {
  const std::array<bool, 3> given = {fields.has("each"), fields.has("rows"), fields.has("next")};
  if (std::count(given.begin(), given.end(), true) != 1)
    throw ScriptError(fmt::format("batch takes one function: each(row), rows(list) or next(cursor, size); {}", k_use));
  const bool queries = fields.has("query");
  if (given[2] && queries)
    throw ScriptError("batch takes a query with each(row) or rows(list), or next(cursor) without one");
  if (!given[2] && !queries) throw ScriptError(fmt::format("batch needs a query; {}", k_use));
  if (!given[0] && fields.has("errors")) throw ScriptError("`errors` of batch goes with each(row) only");
  if (given[2] && (fields.has("key") || fields.has("params")))
    throw ScriptError("`key` and `params` of batch go with a query only");
  return given[0] ? BatchOptions::Form::each : given[1] ? BatchOptions::Form::rows : BatchOptions::Form::next;
}

void read_total(lua_State* lua, int table, Fields& fields, BatchOptions& options) {
  push_field(lua, table, "total");
  options.counts = !lua_isboolean(lua, -1) || lua_toboolean(lua, -1) != 0;
  const bool number = !lua_isnil(lua, -1) && !lua_isboolean(lua, -1);
  lua_pop(lua, 1);
  if (number) options.total = fields.count("total", 0, 0, LUA_MAXINTEGER / 16);
}

// One statement without its end, so that it can stand in brackets.
std::string inner(std::string_view query) {
  query = base::trim(query);
  while (query.ends_with(';')) query = base::trim(query.substr(0, query.size() - 1));
  if (query.empty()) throw ScriptError("the query of batch is empty");
  return std::string(query);
}

std::string quoted(std::string_view column, std::string_view engine) {
  const char mark = engine == "mariadb" ? '`' : '"';
  std::string text(1, mark);
  for (const char letter : column) text.append(letter == mark ? 2 : 1, letter);
  return text + mark;
}

std::string columns(const BatchOptions& options, std::string_view engine) {
  std::string text;
  for (const std::string& column : options.key) text += (text.empty() ? "" : ", ") + quoted(column, engine);
  return text;
}

// MariaDB finds no index for a comparison of several columns at once; the others find none for what stands for it.
std::string behind_cursor(const BatchOptions& options, std::string_view engine) {
  if (options.key.size() == 1) return quoted(options.key[0], engine) + " > ?";
  if (engine != "mariadb") {
    std::string marks = "?";
    for (std::size_t at = 1; at < options.key.size(); ++at) marks += ", ?";
    return fmt::format("({}) > ({})", columns(options, engine), marks);
  }
  std::string text = quoted(options.key[0], engine) + " >= ? and (";
  for (std::size_t last = 0; last < options.key.size(); ++last) {
    text += last == 0 ? "(" : " or (";
    for (std::size_t at = 0; at < last; ++at) text += quoted(options.key[at], engine) + " = ? and ";
    text += quoted(options.key[last], engine) + " > ?)";
  }
  return text + ")";
}

std::string from(const BatchOptions& options, std::string_view engine, bool behind) {
  return fmt::format(" from (\n{}\n) fettle_page{}", options.query,
                     behind ? " where " + behind_cursor(options, engine) : std::string());
}

}  // namespace

BatchOptions read_batch_options(lua_State* lua, int table) {
  check_fields(lua, table);
  Fields fields(lua, table);
  BatchOptions options;
  options.form = read_form(fields);
  options.name = fields.text("name", options.name);
  if (base::trim(options.name).empty() || options.name.size() > core::k_longest_batch_name ||
      !base::is_utf8(options.name) || options.name.find('\0') != std::string::npos)
    throw ScriptError(fmt::format("`name` of batch must be a text of at most {} bytes", core::k_longest_batch_name));
  if (options.form != BatchOptions::Form::next) options.query = inner(fields.text("query", ""));
  options.key = fields.texts("key", {"id"});
  if (options.key.size() > 8) throw ScriptError("`key` of batch has more than 8 columns");
  options.size = fields.count("size", options.size, 1, k_largest_page);
  options.collects = fields.has("errors");
  options.errors = static_cast<std::uint64_t>(fields.count("errors", 0, 0, LUA_MAXINTEGER / 16));
  read_total(lua, table, fields, options);
  options.pause = fields.duration("pause");
  options.throttle = fields.flag("throttle", true);
  options.restart = fields.flag("restart", false);
  constexpr std::array<std::string_view, 3> k_functions = {"each", "rows", "next"};
  const std::string_view function = k_functions[static_cast<std::size_t>(options.form)];
  push_field(lua, table, function);
  if (!lua_isfunction(lua, -1)) throw ScriptError(fmt::format("`{}` of batch must be a function", function));
  push_field(lua, table, "params");
  if (!lua_isnil(lua, -1) && !lua_istable(lua, -1)) throw ScriptError("`params` of batch must be a list of values");
  return options;
}

std::string page_sql(const BatchOptions& options, std::string_view engine, bool behind) {
  return fmt::format("select *{} order by {} limit ?", from(options, engine, behind), columns(options, engine));
}

std::string count_sql(const BatchOptions& options, std::string_view engine, bool behind) {
  return "select count(*)" + from(options, engine, behind);
}

std::vector<std::size_t> cursor_values(const BatchOptions& options, std::string_view engine) {
  std::vector<std::size_t> values;
  const std::size_t count = options.key.size();
  if (count == 1 || engine != "mariadb") {
    for (std::size_t at = 0; at < count; ++at) values.push_back(at);
    return values;
  }
  values.push_back(0);
  for (std::size_t last = 0; last < count; ++last)
    for (std::size_t at = 0; at <= last; ++at) values.push_back(at);
  return values;
}

}  // namespace sandbox

#include "sandbox/lua_values.hpp"

#include <cmath>
#include <cstdint>
#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "sandbox/lua_state.hpp"

namespace sandbox {
namespace {

constexpr const char* k_null = "fettle.null";  // its place in the registry

int null_text(lua_State* lua) {
  lua_pushliteral(lua, "null");
  return 1;
}

std::string text_of(Place place) {
  if (place.row == 0) return fmt::format("parameter {}", place.value);
  return fmt::format("row {}, value {}", place.row, place.value);
}

std::string advice(std::string_view key) {
  return key.empty() ? std::string() : fmt::format(" ({}); return less, or raise it in config.toml", key);
}

// Appends JSON text under one cap for the whole value.
class JsonText {
 public:
  JsonText(lua_State* lua, const JsonCaps& caps) : lua_(lua), caps_(caps) {}

  void append(int index, const std::string& path, std::size_t depth) {
    switch (lua_type(lua_, index)) {
      case LUA_TNIL:
        return add("null", path);
      case LUA_TBOOLEAN:
        return add(lua_toboolean(lua_, index) != 0 ? "true" : "false", path);
      case LUA_TNUMBER:
        return add(number(index, path), path);
      case LUA_TSTRING:
        return add(quoted(text_at(lua_, index), path), path);
      case LUA_TTABLE:
        return append_table(lua_absindex(lua_, index), path, depth + 1);
      default:
        break;
    }
    if (is_null(lua_, index)) return add("null", path);
    throw ScriptError(fmt::format("{} is a {}, which JSON cannot hold", path, luaL_typename(lua_, index)));
  }

  std::string take() { return std::move(text_); }

 private:
  void add(std::string_view piece, const std::string& path) {
    if (text_.size() + piece.size() > caps_.bytes)
      throw ScriptError(fmt::format("{} makes the value larger than {}{}", path, base::format_size(caps_.bytes),
                                    advice(caps_.raise_bytes)));
    text_ += piece;
  }

  // Refused before it is copied: a 100 MB string must not be quoted first.
  std::string quoted(std::string_view text, const std::string& path) {
    if (text.size() > caps_.bytes) add(text, path);
    return base::json_quote(text);
  }

  std::string number(int index, const std::string& path) {
    if (lua_isinteger(lua_, index) != 0) return fmt::format("{}", lua_tointeger(lua_, index));
    const double value = lua_tonumber(lua_, index);
    if (!std::isfinite(value)) throw ScriptError(fmt::format("{} is {}, which JSON cannot hold", path, value));
    const std::string text = fmt::format("{}", value);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }

  void append_table(int index, const std::string& path, std::size_t depth) {
    if (depth > caps_.depth)
      throw ScriptError(fmt::format("{} lies deeper than {} tables, or the table contains itself{}",
                                    base::cap(path, 200), caps_.depth, advice(caps_.raise_depth)));
    reserve(lua_, 4);
    const auto length = static_cast<lua_Integer>(lua_rawlen(lua_, index));
    if (is_array(index, length))
      append_array(index, length, path, depth);
    else
      append_object(index, path, depth);
  }

  bool is_array(int index, lua_Integer length) {
    lua_Integer keys = 0;
    for (lua_pushnil(lua_); lua_next(lua_, index) != 0; lua_pop(lua_, 1)) {
      const bool in_order =
          lua_isinteger(lua_, -2) != 0 && lua_tointeger(lua_, -2) >= 1 && lua_tointeger(lua_, -2) <= length;
      if (in_order) {
        ++keys;
        continue;
      }
      lua_pop(lua_, 2);
      return false;
    }
    return keys == length;
  }

  void append_array(int index, lua_Integer length, const std::string& path, std::size_t depth) {
    add("[", path);
    for (lua_Integer item = 1; item <= length; ++item) {
      if (item > 1) add(",", path);
      lua_rawgeti(lua_, index, item);
      append(-1, fmt::format("{}[{}]", path, item), depth);
      lua_pop(lua_, 1);
    }
    add("]", path);
  }

  void append_object(int index, const std::string& path, std::size_t depth) {
    add("{", path);
    bool first = true;
    for (lua_pushnil(lua_); lua_next(lua_, index) != 0; lua_pop(lua_, 1)) {
      if (lua_type(lua_, -2) != LUA_TSTRING)
        throw ScriptError(fmt::format("{} has a key that is a {}; keys are strings, or 1, 2, 3 … without a gap", path,
                                      luaL_typename(lua_, -2)));
      const std::string_view key = text_at(lua_, -2);
      if (!first) add(",", path);
      first = false;
      add(quoted(key, path), path);
      add(":", path);
      append(-1, fmt::format("{}.{}", path, base::escape(base::cap(key, 40))), depth);
    }
    add("}", path);
  }

  lua_State* lua_;
  JsonCaps caps_;
  std::string text_;
};

}  // namespace

void push_null(lua_State* lua) {
  if (lua_getfield(lua, LUA_REGISTRYINDEX, k_null) == LUA_TUSERDATA) return;
  lua_pop(lua, 1);
  lua_newuserdatauv(lua, 0, 0);
  lua_createtable(lua, 0, 2);
  lua_pushcfunction(lua, null_text);
  lua_setfield(lua, -2, "__tostring");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, LUA_REGISTRYINDEX, k_null);
}

bool is_null(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TUSERDATA) return false;
  index = lua_absindex(lua, index);
  push_null(lua);
  const bool same = lua_rawequal(lua, index, -1) != 0;
  lua_pop(lua, 1);
  return same;
}

core::ValueView to_view(lua_State* lua, int index, Place place) {
  switch (lua_type(lua, index)) {
    case LUA_TNIL:
      return core::Null{};
    case LUA_TBOOLEAN:
      return lua_toboolean(lua, index) != 0;
    case LUA_TNUMBER:
      if (lua_isinteger(lua, index) != 0) return static_cast<std::int64_t>(lua_tointeger(lua, index));
      return static_cast<double>(lua_tonumber(lua, index));
    case LUA_TSTRING: {
      const std::string_view text = text_at(lua, index);
      if (text.size() > core::k_largest_row)
        throw ScriptError(fmt::format("{} is larger than {}, more than a statement can take", text_of(place),
                                      base::format_size(core::k_largest_row)));
      if (text.find('\0') == std::string_view::npos && base::is_utf8(text)) return text;
      return core::BlobView(text);
    }
    default:
      break;
  }
  if (is_null(lua, index)) return core::Null{};
  throw ScriptError(fmt::format("{} is a {}; a statement takes strings, numbers, booleans, nil and db.null",
                                text_of(place), luaL_typename(lua, index)));
}

void push_value(lua_State* lua, const core::ValueView& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    lua_pushinteger(lua, *integer);
  else if (const auto* text = std::get_if<std::string_view>(&value))
    lua_pushlstring(lua, text->data(), text->size());
  else if (const auto* real = std::get_if<double>(&value))
    lua_pushnumber(lua, *real);
  else if (const auto* flag = std::get_if<bool>(&value))
    lua_pushboolean(lua, *flag ? 1 : 0);
  else if (const auto* blob = std::get_if<core::BlobView>(&value))
    lua_pushlstring(lua, blob->bytes.data(), blob->bytes.size());
  else
    lua_pushnil(lua);
}

std::string to_json(lua_State* lua, int index, const std::string& path, const JsonCaps& caps) {
  JsonText text(lua, caps);
  text.append(index, path, 0);
  return text.take();
}

}  // namespace sandbox

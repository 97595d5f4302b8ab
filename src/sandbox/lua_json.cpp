#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {
namespace {

constexpr JsonCaps k_caps{64, std::size_t{16} << 20U, {}, {}};

// Builds Lua values while the text is parsed: the table being filled, and its pending key if it is an object, lie on
// top of the Lua stack.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(lua_State* lua) : lua_(lua) {}

  bool null() override {
    push_null(lua_);
    return place();
  }
  bool boolean(bool value) override {
    lua_pushboolean(lua_, value ? 1 : 0);
    return place();
  }
  bool number_integer(number_integer_t value) override {
    lua_pushinteger(lua_, value);
    return place();
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<number_unsigned_t>(LUA_MAXINTEGER))
      lua_pushinteger(lua_, static_cast<lua_Integer>(value));
    else
      lua_pushnumber(lua_, static_cast<lua_Number>(value));
    return place();
  }
  bool number_float(number_float_t value, const string_t&) override {
    lua_pushnumber(lua_, value);
    return place();
  }
  bool string(string_t& value) override {
    lua_pushlstring(lua_, value.data(), value.size());
    return place();
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(-1); }
  bool start_array(std::size_t) override { return open(0); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    lua_pushlstring(lua_, value.data(), value.size());
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    throw ScriptError("this is not JSON: the fault is near byte " + std::to_string(position));
  }

 private:
  bool open(lua_Integer next) {
    if (items_.size() >= k_caps.depth) throw ScriptError("this JSON lies deeper than 64 levels");
    reserve(lua_, 6);
    lua_newtable(lua_);
    items_.push_back(next);
    return true;
  }

  bool close() {
    items_.pop_back();
    return place();
  }

  // Puts the value on top of the stack where it belongs.
  bool place() {
    if (items_.empty()) return true;
    if (items_.back() < 0)
      lua_rawset(lua_, -3);
    else
      lua_rawseti(lua_, -2, ++items_.back());
    return true;
  }

  lua_State* lua_;
  std::vector<lua_Integer> items_;  // of each open table: items so far; -1: it is an object
};

int encode(lua_State* lua) {
  luaL_checkany(lua, 1);
  const std::string text = to_json(lua, 1, "value", k_caps);
  lua_pushlstring(lua, text.data(), text.size());
  return 1;
}

int decode(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TSTRING);
  if (text_at(lua, 1).size() > k_caps.bytes)
    throw ScriptError("this JSON is larger than " + base::format_size(k_caps.bytes));
  push_json(lua, text_at(lua, 1));
  return 1;
}

}  // namespace

void push_json(lua_State* lua, std::string_view text) {
  reserve(lua, 6);
  Builder builder(lua);
  nlohmann::json::sax_parse(text, &builder);
}

void add_json(lua_State* lua) {
  lua_createtable(lua, 0, 3);
  lua_pushcfunction(lua, guarded<encode>);
  lua_setfield(lua, -2, "encode");
  lua_pushcfunction(lua, guarded<decode>);
  lua_setfield(lua, -2, "decode");
  push_null(lua);
  lua_setfield(lua, -2, "null");
  lua_setfield(lua, -2, "json");
}

}  // namespace sandbox

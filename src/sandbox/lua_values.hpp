// Values between Lua and messages. Everything is read raw: a script's metatables are never asked, so a conversion runs
// no script code and always ends.
#pragma once

#include <cstddef>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "core/value.hpp"

namespace sandbox {

// The one value that stands for SQL NULL and JSON null where nil cannot (inside tables). Pushes it; made once for each
// state.
void push_null(lua_State* lua);
bool is_null(lua_State* lua, int index);

// Where a value stands: a parameter, or a value of a row in a list (0: of no list). Counted from 1.
struct Place {
  lua_Integer value = 0;
  lua_Integer row = 0;
};

// A parameter of a statement, valid as long as it stays on the Lua stack. Text that is not valid UTF-8, or holds a zero
// byte, is bound as a blob. Throws ScriptError that names the place for a table, a function or a thread.
core::ValueView to_view(lua_State* lua, int index, Place place);

// Pushes it; NULL as nil.
void push_value(lua_State* lua, const core::ValueView& value);

struct JsonCaps {
  std::size_t depth = 0;
  std::size_t bytes = 0;
  std::string_view raise_depth{}, raise_bytes{};  // the keys of config.toml that raise them; empty: nothing does
};

// The value as JSON text. A table with the keys 1…n is an array (an empty one too), any other an object with string
// keys. Throws ScriptError that names the path ("result.items[3]") for what JSON cannot say, cycles and anything past
// the caps.
std::string to_json(lua_State* lua, int index, const std::string& path, const JsonCaps& caps);

// Pushes what to_json() made.
void push_json(lua_State* lua, std::string_view text);

// Adds the JSON library as a table `json` to the table at the top of the stack: encode, decode, null.
void add_json(lua_State* lua);

}  // namespace sandbox

// What a script declares of itself beside its functions: the fields of design section 3, read raw out of the table that
// it returned, or out of the globals.
#pragma once

#include <lua.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/message.hpp"
#include "core/script.hpp"

namespace sandbox {

// The script breaks its contract; the text says how, what was found and what is allowed.
struct ContractFault {
  std::string text;
};

// Pushes the field of the table at `table`, without asking a metatable.
void push_field(lua_State* lua, int table, std::string_view name);

// The value at index as a message shows it: "a table", 12, true, "some text".
std::string shown(lua_State* lua, int index);

// The texts of the list at index, none empty; nullopt: it is no such list.
std::optional<std::vector<std::string>> texts_at(lua_State* lua, int index);

// Every field of the table at `table`. What --arg gave is brought together with the field `args`, and lies at the top
// of the stack afterwards as the table that ctx.args becomes; after a fault nothing does.
std::variant<core::Declaration, ContractFault> read_fields(lua_State* lua, int table,
                                                           const std::vector<core::Argument>& given);

// Whether there is a field of this name; nullopt: there is.
std::optional<ContractFault> check_field_name(std::string_view name);

}  // namespace sandbox

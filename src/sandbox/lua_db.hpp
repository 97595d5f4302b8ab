// `db` and `databases.NAME` for scripts: SQL as messages to the broker.
#pragma once

#include <lua.hpp>
#include <string>
#include <vector>

#include "core/message.hpp"

namespace sandbox {

struct Host;

// Of this state, from its registry.
Host& host_of(lua_State* lua);

// In the registry: db.query and db.value as they were, whatever a script puts in their place.
inline constexpr const char* k_query_function = "fettle.query";
inline constexpr const char* k_value_function = "fettle.value";

// Adds `db` (the script's own database) and `databases` to the table at the top of the stack.
void add_databases(lua_State* lua, const std::vector<core::DatabaseFacts>& databases);

}  // namespace sandbox

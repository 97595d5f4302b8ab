#include "sandbox/lua_db.hpp"

#include <fmt/format.h>
#include <memory>

#include "base/text.hpp"
#include "core/wire.hpp"
#include "sandbox/broker_line.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_env.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_statement.hpp"
#include "sandbox/lua_values.hpp"
#include "sandbox/many.hpp"
#include "sandbox/reading.hpp"

// Each function is a closure whose first upvalue is the database's name; "" stands for the script's own.
namespace sandbox {
namespace {

constexpr const char* k_reading = "fettle.reading";
constexpr const char* k_own = "fettle.db";

// --- queries -------------------------------------------------------------------------------------------------------

int query(lua_State* lua) {
  check_phase(lua);
  Reading reading(lua);
  const int names = lua_gettop(lua);
  lua_newtable(lua);
  for (lua_Integer count = 1; reading.advance(); ++count) {
    reading.push_row(lua, names);
    lua_rawseti(lua, -2, count);
  }
  return 1;
}

int first(lua_State* lua) {
  check_phase(lua);
  Reading reading(lua);
  if (reading.advance())
    reading.push_row(lua, lua_gettop(lua));
  else
    lua_pushnil(lua);
  reading.close();
  return 1;
}

int value(lua_State* lua) {
  check_phase(lua);
  Reading reading(lua);
  if (reading.advance())
    reading.push_first(lua);
  else
    lua_pushnil(lua);
  reading.close();
  return 1;
}

Reading& reading_at(lua_State* lua, int index) {
  return **static_cast<Reading**>(luaL_checkudata(lua, index, k_reading));
}

int next_row(lua_State* lua) {
  Reading& reading = **static_cast<Reading**>(lua_touserdata(lua, lua_upvalueindex(1)));
  if (reading.advance())
    reading.push_row(lua, lua_upvalueindex(2));
  else
    lua_pushnil(lua);
  return 1;
}

int close_rows(lua_State* lua) {
  reading_at(lua, 1).close();
  return 0;
}

// for row in db.rows(sql) do … end: the fourth value lets Lua close the query when the loop is left early.
int rows(lua_State* lua) {
  check_phase(lua);
  auto reading = std::make_unique<Reading>(lua);
  auto** place = static_cast<Reading**>(lua_newuserdatauv(lua, sizeof(Reading*), 0));
  *place = reading.release();  // lives until the process ends: the state is never closed
  luaL_setmetatable(lua, k_reading);
  lua_insert(lua, -2);
  lua_pushvalue(lua, -2);
  lua_insert(lua, -2);
  lua_pushcclosure(lua, guarded<next_row>, 2);
  lua_insert(lua, -2);
  lua_pushnil(lua);
  lua_insert(lua, -2);
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 4;
}

// --- statements ----------------------------------------------------------------------------------------------------

int exec(lua_State* lua) {
  check_phase(lua);
  const os::FrameView frame = ask_statement(lua, core::Statement::Wants::affected);
  lua_pushinteger(lua, expect<core::Affected>(frame, text_at(lua, 1)).rows);
  return 1;
}

// --- the schema ----------------------------------------------------------------------------------------------------

std::string name_at(lua_State* lua, int index, const char* what) {
  if (lua_istable(lua, 1)) throw ScriptError("call it with a dot, not a colon: db.hasTable(name)");
  if (lua_type(lua, index) != LUA_TSTRING) throw ScriptError(fmt::format("the name of the {} must be a string", what));
  return std::string(text_at(lua, index));
}

core::Rows describe_by(lua_State* lua, const core::Describe& describe) {
  return expect<core::Rows>(host_of(lua).line.ask(core::Kind::describe, encode(describe)));
}

int has(lua_State* lua, core::Describe::What what, const char* second) {
  check_phase(lua);
  core::Describe describe{what, std::string(database_of(lua)), name_at(lua, 1, "table"), {}};
  if (second != nullptr) describe.name = name_at(lua, 2, second);
  const core::Rows answer = describe_by(lua, describe);
  push_value(lua, core::view(answer.rows.at(0).at(0)));
  return 1;
}

int has_table(lua_State* lua) {
  return has(lua, core::Describe::What::has_table, nullptr);
}
int has_column(lua_State* lua) {
  return has(lua, core::Describe::What::has_column, "column");
}
int has_index(lua_State* lua) {
  return has(lua, core::Describe::What::has_index, "index");
}

int tables(lua_State* lua) {
  check_phase(lua);
  const core::Rows answer = describe_by(lua, {core::Describe::What::tables, std::string(database_of(lua)), {}, {}});
  lua_newtable(lua);
  lua_Integer number = 0;
  for (const core::Row& row : answer.rows) {
    push_value(lua, core::view(row.at(0)));
    lua_rawseti(lua, -2, ++number);
  }
  return 1;
}

// A name as SQL writes it; a quotation mark inside is doubled. MariaDB writes backticks.
int quote(lua_State* lua) {
  const std::string name = name_at(lua, 1, "identifier");
  if (name.empty() || name.find('\0') != std::string::npos) throw ScriptError("this is no name for a table or column");
  const std::string_view engine = text_at(lua, lua_upvalueindex(2));
  const char mark = (engine.empty() ? host_of(lua).own_engine : engine) == "mariadb" ? '`' : '"';
  std::string quoted(1, mark);
  for (const char letter : name) quoted.append(letter == mark ? 2 : 1, letter);
  quoted += mark;
  lua_pushlstring(lua, quoted.data(), quoted.size());
  return 1;
}

void push_database(lua_State* lua, const std::string& name, const std::string& engine) {
  const auto add = [&](const char* field, lua_CFunction function) {
    lua_pushlstring(lua, name.data(), name.size());
    lua_pushlstring(lua, engine.data(), engine.size());
    lua_pushcclosure(lua, function, 2);
    lua_setfield(lua, -2, field);
  };
  lua_createtable(lua, 0, 14);
  add("query", guarded<query>);
  add("rows", guarded<rows>);
  add("first", guarded<first>);
  add("value", guarded<value>);
  add("exec", guarded<exec>);
  add("executemany", guarded<execute_many>);
  add("hasTable", guarded<has_table>);
  add("hasColumn", guarded<has_column>);
  add("hasIndex", guarded<has_index>);
  add("tables", guarded<tables>);
  add("quote", guarded<quote>);
  push_null(lua);
  lua_setfield(lua, -2, "null");
  if (!engine.empty()) {
    lua_pushlstring(lua, engine.data(), engine.size());
    lua_setfield(lua, -2, "engine");
  }
}

}  // namespace

void add_databases(lua_State* lua, const std::vector<core::DatabaseFacts>& databases) {
  luaL_newmetatable(lua, k_reading);
  lua_pushcfunction(lua, guarded<close_rows>);
  lua_setfield(lua, -2, "__close");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
  push_database(lua, "", "");
  lua_getfield(lua, -1, "query");
  lua_setfield(lua, LUA_REGISTRYINDEX, k_query_function);
  lua_getfield(lua, -1, "value");
  lua_setfield(lua, LUA_REGISTRYINDEX, k_value_function);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, LUA_REGISTRYINDEX, k_own);
  lua_setfield(lua, -2, "db");
  lua_createtable(lua, 0, static_cast<int>(databases.size()));
  for (const core::DatabaseFacts& database : databases) {
    push_database(lua, database.name, database.engine);
    lua_setfield(lua, -2, database.name.c_str());
  }
  lua_setfield(lua, -2, "databases");
}

void set_own_database(lua_State* lua, Host& host, const std::string& name) {
  for (const core::DatabaseFacts& database : host.load.databases)
    if (database.name == name) host.own_engine = database.engine;
  lua_getfield(lua, LUA_REGISTRYINDEX, k_own);
  lua_pushlstring(lua, host.own_engine.data(), host.own_engine.size());
  lua_setfield(lua, -2, "engine");
  lua_pop(lua, 1);
}

}  // namespace sandbox

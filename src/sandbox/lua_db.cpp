#include "sandbox/lua_db.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <unistd.h>

#include "base/text.hpp"
#include "core/wire.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_env.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

// Each function is a closure whose first upvalue is the database's name; "" stands for the script's own.
namespace sandbox {
namespace {

constexpr const char* k_reading = "fettle.reading";
constexpr const char* k_own = "fettle.db";
constexpr std::size_t k_chunk_bytes = std::size_t{1} << 20U;  // of executemany, in one message
constexpr std::size_t k_shown_sql = 160;                      // bytes of a statement in an error

std::string database_of(lua_State* lua) {
  return std::string(text_at(lua, lua_upvalueindex(1)));
}

void check_phase(lua_State* lua) {
  if (host_of(lua).phase == Phase::loading)
    throw ScriptError("the database can be used only inside shouldRun() and execute(), not while the script is loaded");
}

std::string sql_at(lua_State* lua, int index) {
  if (lua_istable(lua, 1)) throw ScriptError("call it with a dot, not a colon: db.query(sql, …)");
  if (lua_type(lua, index) != LUA_TSTRING)
    throw ScriptError(fmt::format("the SQL must be a string, this is a {}", luaL_typename(lua, index)));
  return std::string(text_at(lua, index));
}

void check_number(lua_Integer values, const std::string& what) {
  if (values > static_cast<lua_Integer>(core::k_most_values))
    throw ScriptError(
        fmt::format("{} has {} values; no statement takes more than {}", what, values, core::k_most_values));
}

// All values of one call, before the next is copied: one string may be given a thousand times.
void add(core::Row& row, core::Value value, std::size_t& bytes) {
  row.push_back(std::move(value));
  bytes += core::wire_size(row.back());
  if (bytes > core::k_largest_row)
    throw ScriptError(fmt::format("the values of this call are larger than {}, more than a statement can take",
                                  base::format_size(core::k_largest_row)));
}

core::Row parameters_from(lua_State* lua, int first) {
  check_number(lua_gettop(lua) - first + 1, "this call");
  core::Row parameters;
  std::size_t bytes = 0;
  for (int index = first; index <= lua_gettop(lua); ++index)
    add(parameters, to_value(lua, index, fmt::format("parameter {}", index - first + 1)), bytes);
  return parameters;
}

template <class Request>
os::Frame ask(lua_State* lua, const Request& request) {
  os::Channel& broker = host_of(lua).broker;
  const auto sent = broker.send(static_cast<std::uint8_t>(Request::kind), encode(request));
  if (sent == os::SendResult::too_large)
    throw ScriptError(
        fmt::format("this statement with its parameters is larger than {} MiB", os::k_largest_frame >> 20U));
  std::optional<os::Frame> frame = sent == os::SendResult::sent ? broker.receive() : std::nullopt;
  if (!frame) ::_exit(k_exit_protocol);
  return std::move(*frame);
}

[[noreturn]] void raise(const os::Frame& frame, std::string_view sql) {
  const auto fault = core::decode<core::SqlFault>(frame.body);
  if (!fault || frame.kind != static_cast<std::uint8_t>(core::Kind::sql_fault)) ::_exit(k_exit_protocol);
  if (sql.empty()) throw ScriptError(fault->message);
  throw ScriptError(fmt::format("{}\n  in: {}", fault->message, base::cap(base::trim(sql), k_shown_sql)));
}

template <class Answer, class Request>
Answer talk(lua_State* lua, const Request& request, std::string_view sql = {}) {
  const os::Frame frame = ask(lua, request);
  if (frame.kind != static_cast<std::uint8_t>(Answer::kind)) raise(frame, sql);
  auto answer = core::decode<Answer>(frame.body);
  if (!answer) ::_exit(k_exit_protocol);
  return std::move(*answer);
}

// --- queries -------------------------------------------------------------------------------------------------------

// A query being read: the batch at hand and the broker's cursor for the rest.
struct Reading {
  core::Rows batch;
  std::size_t next = 0;
  std::string sql;
  Phase phase = Phase::loading;  // in which it was begun: the broker forgets it when that ends

  bool advance(lua_State* lua) {
    if (host_of(lua).phase != phase)
      throw ScriptError("this query was begun in shouldRun(), which is over; begin it again");
    while (next == batch.rows.size()) {
      if (batch.cursor == 0) return false;
      batch = talk<core::Rows>(lua, core::Fetch{batch.cursor}, sql);
      next = 0;
    }
    ++next;
    return true;
  }

  void push_row(lua_State* lua) const {
    const core::Row& row = batch.rows[next - 1];
    lua_createtable(lua, 0, static_cast<int>(batch.columns.size()));
    for (std::size_t index = 0; index < std::min(row.size(), batch.columns.size()); ++index) {
      push_value(lua, row[index]);
      lua_setfield(lua, -2, batch.columns[index].c_str());
    }
  }

  void close(lua_State* lua) {
    if (batch.cursor != 0 && host_of(lua).phase == phase) talk<core::Affected>(lua, core::Close{batch.cursor});
    batch = {};
    next = 0;
  }
};

Reading start(lua_State* lua) {
  check_phase(lua);
  core::Statement statement{core::Statement::Wants::rows, database_of(lua), sql_at(lua, 1), parameters_from(lua, 2)};
  Reading reading;
  reading.batch = talk<core::Rows>(lua, statement, statement.sql);
  reading.sql = std::move(statement.sql);
  reading.phase = host_of(lua).phase;
  return reading;
}

int query(lua_State* lua) {
  Reading reading = start(lua);
  lua_newtable(lua);
  for (lua_Integer count = 1; reading.advance(lua); ++count) {
    reading.push_row(lua);
    lua_rawseti(lua, -2, count);
  }
  return 1;
}

int first(lua_State* lua) {
  Reading reading = start(lua);
  if (reading.advance(lua))
    reading.push_row(lua);
  else
    lua_pushnil(lua);
  reading.close(lua);
  return 1;
}

int value(lua_State* lua) {
  Reading reading = start(lua);
  if (reading.advance(lua) && !reading.batch.columns.empty())
    push_value(lua, reading.batch.rows[0].at(0));
  else
    lua_pushnil(lua);
  reading.close(lua);
  return 1;
}

Reading& reading_at(lua_State* lua, int index) {
  return **static_cast<Reading**>(luaL_checkudata(lua, index, k_reading));
}

int next_row(lua_State* lua) {
  Reading& reading = **static_cast<Reading**>(lua_touserdata(lua, lua_upvalueindex(1)));
  if (!reading.advance(lua)) {
    lua_pushnil(lua);
    return 1;
  }
  reading.push_row(lua);
  return 1;
}

int close_rows(lua_State* lua) {
  reading_at(lua, 1).close(lua);
  return 0;
}

// for row in db.rows(sql) do … end: the fourth value lets Lua close the query when the loop is left early.
int rows(lua_State* lua) {
  auto reading = std::make_unique<Reading>(start(lua));
  auto** place = static_cast<Reading**>(lua_newuserdatauv(lua, sizeof(Reading*), 0));
  *place = reading.release();  // lives until the process ends: the state is never closed
  luaL_setmetatable(lua, k_reading);
  lua_pushvalue(lua, -1);
  lua_pushcclosure(lua, guarded<next_row>, 1);
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
  const core::Statement statement{core::Statement::Wants::affected, database_of(lua), sql_at(lua, 1),
                                  parameters_from(lua, 2)};
  lua_pushinteger(lua, talk<core::Affected>(lua, statement, statement.sql).rows);
  return 1;
}

core::Row row_at(lua_State* lua, int index, lua_Integer number) {
  if (lua_istable(lua, index) == 0)
    throw ScriptError(fmt::format("row {} is a {}; executemany takes a list of lists: {{{{1, 'a'}}, {{2, 'b'}}}}",
                                  number, luaL_typename(lua, index)));
  core::Row row;
  const auto length = static_cast<lua_Integer>(lua_rawlen(lua, index));
  check_number(length, fmt::format("row {}", number));
  std::size_t bytes = 0;
  for (lua_Integer item = 1; item <= length; ++item) {
    lua_rawgeti(lua, index, item);
    add(row, to_value(lua, -1, fmt::format("row {}, value {}", number, item)), bytes);
    lua_pop(lua, 1);
  }
  return row;
}

int executemany(lua_State* lua) {
  check_phase(lua);
  core::Many many{database_of(lua), sql_at(lua, 1), {}};
  if (lua_istable(lua, 2) == 0) throw ScriptError("executemany takes a list of rows: {{1, 'a'}, {2, 'b'}}");
  lua_Integer affected = 0;
  std::size_t bytes = 0, values = 0;
  const auto send = [&] {
    affected += talk<core::Affected>(lua, many, many.sql).rows;
    many.rows.clear();
    bytes = values = 0;
  };
  const auto count = static_cast<lua_Integer>(lua_rawlen(lua, 2));
  for (lua_Integer number = 1; number <= count; ++number) {
    lua_rawgeti(lua, 2, number);
    many.rows.push_back(row_at(lua, -1, number));
    lua_pop(lua, 1);
    bytes += core::wire_size(many.rows.back());
    values += many.rows.back().size() + 1;
    if (bytes >= k_chunk_bytes || values >= core::k_most_values) send();
  }
  if (!many.rows.empty()) send();
  lua_pushinteger(lua, affected);
  return 1;
}

// --- the schema ----------------------------------------------------------------------------------------------------

std::string name_at(lua_State* lua, int index, const char* what) {
  if (lua_istable(lua, 1)) throw ScriptError("call it with a dot, not a colon: db.hasTable(name)");
  if (lua_type(lua, index) != LUA_TSTRING) throw ScriptError(fmt::format("the name of the {} must be a string", what));
  return std::string(text_at(lua, index));
}

int has(lua_State* lua, core::Describe::What what, const char* second) {
  check_phase(lua);
  core::Describe describe{what, database_of(lua), name_at(lua, 1, "table"), {}};
  if (second != nullptr) describe.name = name_at(lua, 2, second);
  const core::Rows answer = talk<core::Rows>(lua, describe);
  push_value(lua, answer.rows.at(0).at(0));
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
  const core::Rows answer =
      talk<core::Rows>(lua, core::Describe{core::Describe::What::tables, database_of(lua), {}, {}});
  lua_newtable(lua);
  lua_Integer number = 0;
  for (const core::Row& row : answer.rows) {
    push_value(lua, row.at(0));
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
  add("executemany", guarded<executemany>);
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

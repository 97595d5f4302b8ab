// What a script gives to batch{}, read and judged, and the SQL that it comes to. Lives in the worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <lua.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandbox {

struct BatchOptions {
  enum class Form { each, rows, next } form = Form::each;  // which function does the work
  std::string name = "batch";
  std::string query;             // not of `next`
  std::vector<std::string> key;  // columns that tell its rows apart and order them
  lua_Integer size = 1000;       // rows of a page
  std::uint64_t errors = 0;      // of each(row), that do not end the batch; 0: each does
  bool collects = false;         // `errors` was given
  std::optional<lua_Integer> total;
  bool counts = true;  // where no total is given, the database is asked
  std::optional<std::chrono::milliseconds> pause;
  bool throttle = true;
  bool restart = false;
};

// The table at this index; its function and its `params` are left on the stack, in this order. Throws ScriptError.
BatchOptions read_batch_options(lua_State* lua, int table);

// A page: the placeholders of the query come first, then cursor_values() for the values of the key. behind: there is a
// page before it. engine: as db.engine.
std::string page_sql(const BatchOptions& options, std::string_view engine, bool behind);
std::string count_sql(const BatchOptions& options, std::string_view engine, bool behind);
// Which value of the key each of those placeholders stands for.
std::vector<std::size_t> cursor_values(const BatchOptions& options, std::string_view engine);

}  // namespace sandbox

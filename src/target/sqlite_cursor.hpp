// The rows of a query to SQLite, one by one. Lives in the broker; ends before its connection.
#pragma once

#include <functional>
#include <memory>
#include <sqlite3.h>

#include "target/connection.hpp"
#include "target/sqlite_values.hpp"

namespace target {

// step: one step of the statement; true: there is a row. Throws SqlError, as does this where the names of the columns
// are too long.
std::unique_ptr<Cursor> read_rows(Compiled statement, std::function<bool(sqlite3_stmt*)> step);

}  // namespace target

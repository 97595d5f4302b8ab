// Values and error codes of SQLite's C interface in the terms of target/connection.hpp.
#pragma once

#include <memory>
#include <sqlite3.h>

#include "core/outcome.hpp"
#include "core/value.hpp"

namespace target {

using Compiled = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

// Of a primary or extended result code.
core::Cause cause_of(int code) noexcept;

// index counts from 1, as in SQLite. The result code.
int bind(sqlite3_stmt* statement, int index, const core::Value& value);

// Of the row at hand; index counts from 0, as in SQLite.
core::Value column(sqlite3_stmt* statement, int index);

}  // namespace target

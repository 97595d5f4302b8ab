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

// Whether the bytes of texts and blobs stay where they are for as long as they are bound.
enum class Bytes { stay, are_copied };

// index counts from 1, as in SQLite. The result code.
int bind(sqlite3_stmt* statement, int index, const core::ValueView& value, Bytes bytes);

// What a text or blob of the row at hand takes, 0 for other values; a blob is not made for that.
std::size_t column_bytes(sqlite3_stmt* statement, int index) noexcept;
std::size_t bytes_of(sqlite3_value* value) noexcept;

// Of the row at hand, valid until the next step; index counts from 0, as in SQLite. Throws SqlError(memory).
core::ValueView column(sqlite3_stmt* statement, int index);
core::ValueView view_of(sqlite3_value* value);  // likewise, for as long as SQLite keeps it

}  // namespace target

#include "target/sqlite_values.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

#include "target/connection.hpp"

namespace target {
namespace {

// SQLite takes a null pointer for NULL.
const char* start_of(std::string_view bytes) noexcept {
  return bytes.data() != nullptr ? bytes.data() : "";
}

}  // namespace

core::Cause cause_of(int code) noexcept {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return core::Cause::locked;
    case SQLITE_NOMEM:
      return core::Cause::memory;
    case SQLITE_INTERRUPT:
      return core::Cause::timeout;
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
      return core::Cause::unreachable;
    default:
      return core::Cause::error;
  }
}

int bind(sqlite3_stmt* statement, int index, const core::ValueView& value, Bytes bytes) {
  const sqlite3_destructor_type owner = bytes == Bytes::stay ? SQLITE_STATIC : SQLITE_TRANSIENT;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *integer);
  if (const auto* text = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(statement, index, start_of(*text), text->size(), owner, SQLITE_UTF8);
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, index, *real);
  if (const auto* flag = std::get_if<bool>(&value)) return sqlite3_bind_int(statement, index, *flag ? 1 : 0);
  if (const auto* blob = std::get_if<core::BlobView>(&value))
    return sqlite3_bind_blob64(statement, index, start_of(blob->bytes), blob->bytes.size(), owner);
  return sqlite3_bind_null(statement, index);
}

std::size_t column_bytes(sqlite3_stmt* statement, int index) noexcept {
  return bytes_of(sqlite3_column_value(statement, index));
}

std::size_t bytes_of(sqlite3_value* value) noexcept {
  const int type = sqlite3_value_type(value);
  return type == SQLITE_TEXT || type == SQLITE_BLOB ? static_cast<std::size_t>(sqlite3_value_bytes(value)) : 0;
}

// By sqlite3_column_value, which looks the column up once; what it gives may be read where SQLite has no second thread.
core::ValueView column(sqlite3_stmt* statement, int index) {
  return view_of(sqlite3_column_value(statement, index));
}

core::ValueView view_of(sqlite3_value* value) {
  const auto bytes = [&](const void* data) {
    return std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(value)));
  };
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return sqlite3_value_int64(value);
    case SQLITE_FLOAT:
      return sqlite3_value_double(value);
    case SQLITE_TEXT: {
      const void* data = sqlite3_value_text(value);
      if (data == nullptr) throw SqlError(core::Cause::memory, "out of memory");
      return bytes(data);
    }
    case SQLITE_BLOB: {
      const void* data = sqlite3_value_blob(value);  // nullptr: no bytes, or no memory for them
      if (data == nullptr && sqlite3_value_bytes(value) > 0) throw SqlError(core::Cause::memory, "out of memory");
      return core::BlobView(data != nullptr ? bytes(data) : std::string_view());
    }
    default:
      return core::Null{};
  }
}

}  // namespace target

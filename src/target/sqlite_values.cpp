#include "target/sqlite_values.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace target {

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

int bind(sqlite3_stmt* statement, int index, const core::Value& value) {
  if (std::holds_alternative<core::Null>(value)) return sqlite3_bind_null(statement, index);
  if (const auto* flag = std::get_if<bool>(&value)) return sqlite3_bind_int(statement, index, *flag ? 1 : 0);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *integer);
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, index, *real);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  const std::string& bytes = std::get<core::Blob>(value).bytes;
  return sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

core::Value column(sqlite3_stmt* statement, int index) {
  const auto bytes = [&](const void* data) {
    return std::string(static_cast<const char*>(data),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
  };
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, index);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, index);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(statement, index));
    case SQLITE_BLOB: {
      const void* data = sqlite3_column_blob(statement, index);
      return core::Blob{data != nullptr ? bytes(data) : std::string()};
    }
    default:
      return core::Null{};
  }
}

}  // namespace target

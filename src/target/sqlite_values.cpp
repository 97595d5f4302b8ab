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

core::ValueView column(sqlite3_stmt* statement, int index) {
  const auto bytes = [&](const void* data) {
    return std::string_view(static_cast<const char*>(data),
                            static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
  };
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, index);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, index);
    case SQLITE_TEXT: {
      const void* data = sqlite3_column_text(statement, index);
      if (data == nullptr) throw SqlError(core::Cause::memory, "out of memory");
      return bytes(data);
    }
    case SQLITE_BLOB: {
      const void* data = sqlite3_column_blob(statement, index);
      return core::BlobView(data != nullptr ? bytes(data) : std::string_view());
    }
    default:
      return core::Null{};
  }
}

}  // namespace target

#include "target/mariadb_values.hpp"

#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <string_view>
#include <variant>

#include "target/connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Cause;

constexpr unsigned k_binary = 63;  // the character set of what is not text

void point_to(MYSQL_BIND& bind, std::string_view bytes, enum_field_types type) {
  bind.buffer_type = type;
  bind.buffer = const_cast<char*>(bytes.data());  // the library only reads it
  bind.buffer_length = static_cast<unsigned long>(bytes.size());
}

// The shortest text that stands for it: 0.1 is 0.1 in a script too.
double widened(float number) {
  std::array<char, 64> room;
  const auto [end, fault] = std::to_chars(room.data(), room.data() + room.size(), number);
  static_cast<void>(fault);  // 64 bytes hold every number
  double wide = number;
  std::from_chars(room.data(), end, wide);
  return wide;
}

void put_whole(std::uint64_t number, core::Writer& out) {
  if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    out.put(core::ValueView(static_cast<std::int64_t>(number)));
  else
    out.put(core::ValueView(std::string_view(fmt::format("{}", number))));
}

}  // namespace

// --- parameters ----------------------------------------------------------------------------------------------------

void MariaParameters::set(const core::Values& values) {
  binds_.assign(values.size(), MYSQL_BIND{});
  numbers_.assign(values.size(), 0);
  doubles_.assign(values.size(), 0);
  bytes_ = 0;
  for (std::size_t at = 0; at < values.size(); ++at) {
    MYSQL_BIND& bind = binds_[at];
    const core::ValueView& value = values[at];
    if (std::holds_alternative<core::Null>(value)) {
      bind.buffer_type = MYSQL_TYPE_NULL;
    } else if (const auto* flag = std::get_if<bool>(&value)) {
      std::memcpy(&numbers_[at], flag, 1);
      bind.buffer_type = MYSQL_TYPE_TINY;
      bind.buffer = &numbers_[at];
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      numbers_[at] = *whole;
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &numbers_[at];
    } else if (const auto* number = std::get_if<double>(&value)) {
      doubles_[at] = *number;
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = &doubles_[at];
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      point_to(bind, *text, MYSQL_TYPE_STRING);
    } else {
      point_to(bind, std::get<core::BlobView>(value).bytes, MYSQL_TYPE_LONG_BLOB);
    }
    bytes_ += bind.buffer_length + 9;
  }
}

// --- rows ----------------------------------------------------------------------------------------------------------

MariaColumns::Kind MariaColumns::kind_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return Kind::whole;
    case MYSQL_TYPE_FLOAT:
      return Kind::small_float;
    case MYSQL_TYPE_DOUBLE:
      return Kind::number;
    case MYSQL_TYPE_BIT:
      return Kind::bits;
    case MYSQL_TYPE_GEOMETRY:
      return Kind::blob;
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
      return field.charsetnr == k_binary ? Kind::blob : Kind::text;
    default:
      return Kind::text;
  }
}

MariaColumns::MariaColumns(const MYSQL_FIELD* fields, unsigned count) : columns_(count), binds_(count) {
  std::size_t bytes = 0;
  for (unsigned index = 0; index < count; ++index) {
    const MYSQL_FIELD& field = fields[index];
    Column& column = columns_[index];
    MYSQL_BIND& bind = binds_[index];
    names_.emplace_back(field.name, field.name_length);
    bytes += field.name_length;
    column.kind = kind_of(field);
    column.is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
    may_be_large_ = may_be_large_ || field.length > 65'535;
    bind.is_null = &column.is_null;
    bind.length = &column.length;
    bind.is_unsigned = static_cast<my_bool>(column.is_unsigned);
    switch (column.kind) {
      case Kind::whole:
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.buffer = &column.whole;
        break;
      case Kind::small_float:
        bind.buffer_type = MYSQL_TYPE_FLOAT;
        bind.buffer = &column.small_float;
        break;
      case Kind::number:
        bind.buffer_type = MYSQL_TYPE_DOUBLE;
        bind.buffer = &column.number;
        break;
      case Kind::text:
      case Kind::bits:
      case Kind::blob:
        bind.buffer_type = column.kind == Kind::text ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
        bind.buffer = column.room.data();
        bind.buffer_length = column.room.size();
        break;
    }
  }
  if (bytes > k_longest_column_names) throw SqlError(Cause::error, column_names_too_long());
}

void MariaColumns::put_bytes(MYSQL_STMT* statement, unsigned index, core::Writer& out) {
  const Column& column = columns_[index];
  std::string_view bytes(column.room.data(), column.length);
  if (column.length > column.room.size()) {
    large_.resize(column.length);
    unsigned long length = 0;
    MYSQL_BIND rest{};
    rest.buffer_type = binds_[index].buffer_type;
    rest.buffer = large_.data();
    rest.buffer_length = column.length;
    rest.length = &length;
    libmariadb().stmt_fetch_column(statement, &rest, index, 0);
    bytes = large_;
  }
  if (column.kind == Kind::text) return static_cast<void>(out.put(core::ValueView(bytes)));
  if (column.kind == Kind::blob) return static_cast<void>(out.put(core::ValueView(core::BlobView(bytes))));
  std::uint64_t bits = 0;
  for (const char byte : bytes) bits = bits << 8U | static_cast<unsigned char>(byte);
  put_whole(bits, out);
}

std::size_t MariaColumns::put_row(MYSQL_STMT* statement, core::Writer& out) {
  std::size_t bytes = 0;
  for (const Column& column : columns_)
    if (column.is_null == 0) bytes += column.length;
  if (bytes > core::k_largest_row) throw SqlError(Cause::error, row_too_large());
  out.put(static_cast<std::uint32_t>(columns_.size()));
  for (unsigned index = 0; index < columns_.size(); ++index) {
    const Column& column = columns_[index];
    if (column.is_null != 0)
      out.put(core::ValueView(core::Null{}));
    else if (column.kind == Kind::whole && column.is_unsigned)
      put_whole(static_cast<std::uint64_t>(column.whole), out);
    else if (column.kind == Kind::whole)
      out.put(core::ValueView(column.whole));
    else if (column.kind == Kind::small_float)
      out.put(core::ValueView(widened(column.small_float)));
    else if (column.kind == Kind::number)
      out.put(core::ValueView(column.number));
    else
      put_bytes(statement, index, out);
  }
  return bytes;
}

}  // namespace target

#include "target/mariadb_bulk.hpp"

#include <string_view>
#include <variant>

namespace target {
namespace {

constexpr unsigned long k_bulk_capability = 1UL << 2U;  // among those that only MariaDB has

}  // namespace

bool takes_bulks(MYSQL* connection) {
  unsigned long capabilities = 0;
  const my_bool fault =
      libmariadb().get_infov(connection, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities);
  return fault == 0 && (capabilities & k_bulk_capability) != 0;
}

enum_field_types MariaBulk::type_of(const core::ValueView& value) noexcept {
  if (std::holds_alternative<core::Null>(value)) return MYSQL_TYPE_NULL;
  if (std::holds_alternative<bool>(value)) return MYSQL_TYPE_TINY;
  if (std::holds_alternative<std::int64_t>(value)) return MYSQL_TYPE_LONGLONG;
  if (std::holds_alternative<double>(value)) return MYSQL_TYPE_DOUBLE;
  return std::holds_alternative<std::string_view>(value) ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG_BLOB;
}

// Each kind has its place in every row, so that the type may be known late.
void MariaBulk::put(Column& column, const core::ValueView& value) {
  const enum_field_types type = type_of(value);
  if (type != MYSQL_TYPE_NULL) column.type = type;
  column.indicators.push_back(type == MYSQL_TYPE_NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
  const bool* const flag = std::get_if<bool>(&value);
  const std::int64_t* const whole = std::get_if<std::int64_t>(&value);
  const double* const number = std::get_if<double>(&value);
  const std::string_view* const text = std::get_if<std::string_view>(&value);
  const core::BlobView* const blob = std::get_if<core::BlobView>(&value);
  std::string_view bytes = text != nullptr ? *text : std::string_view("");
  if (blob != nullptr) bytes = blob->bytes;
  column.flags.push_back(flag != nullptr && *flag ? 1 : 0);
  column.numbers.push_back(whole != nullptr ? *whole : 0);
  column.doubles.push_back(number != nullptr ? *number : 0);
  column.texts.push_back(bytes.data() != nullptr ? bytes.data() : "");
  column.lengths.push_back(static_cast<unsigned long>(bytes.size()));
  bytes_ += bytes.size() + 10;
}

bool MariaBulk::add(const core::Values& row) {
  if (rows_ == 0) columns_.assign(row.size(), Column{});
  if (row.size() != columns_.size()) return false;
  for (std::size_t at = 0; at < row.size(); ++at) {
    const enum_field_types type = type_of(row[at]), before = columns_[at].type;
    if (type != before && type != MYSQL_TYPE_NULL && before != MYSQL_TYPE_NULL) return false;
  }
  for (std::size_t at = 0; at < row.size(); ++at) put(columns_[at], row[at]);
  ++rows_;
  return true;
}

void MariaBulk::clear() {
  columns_.clear();
  rows_ = bytes_ = 0;
}

MYSQL_BIND* MariaBulk::binds() {
  binds_.assign(columns_.size(), MYSQL_BIND{});
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    Column& column = columns_[at];
    MYSQL_BIND& bind = binds_[at];
    bind.buffer_type = column.type == MYSQL_TYPE_NULL ? MYSQL_TYPE_STRING : column.type;
    bind.u.indicator = column.indicators.data();
    bind.length = column.lengths.data();
    if (bind.buffer_type == MYSQL_TYPE_TINY)
      bind.buffer = column.flags.data();
    else if (bind.buffer_type == MYSQL_TYPE_LONGLONG)
      bind.buffer = column.numbers.data();
    else if (bind.buffer_type == MYSQL_TYPE_DOUBLE)
      bind.buffer = column.doubles.data();
    else
      bind.buffer = column.texts.data();
  }
  return binds_.data();
}

}  // namespace target

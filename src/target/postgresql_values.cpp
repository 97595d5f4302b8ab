#include "target/postgresql_values.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <variant>

#include "target/connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Cause;

// pg_type.dat; fixed for ever, since clients rely on them.
constexpr Oid k_bool = 16, k_bytea = 17, k_int8 = 20, k_int2 = 21, k_int4 = 23, k_oid = 26, k_float4 = 700,
              k_float8 = 701;
constexpr Oid k_as_needed = 0;  // the server finds out from the place

constexpr int k_text = 0, k_binary = 1;

template <class Number>
std::string_view written(Number number, std::array<char, 64>& room) {
  const auto [end, fault] = std::to_chars(room.data(), room.data() + room.size(), number);
  static_cast<void>(fault);  // 64 bytes hold every number
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

template <class Number>
Number read(std::string_view text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

unsigned nibble(char letter) noexcept {
  return static_cast<unsigned>(letter <= '9' ? letter - '0' : letter - 'a' + 10);
}

// "\x0aff", as the server writes it with bytea_output = hex.
std::string unhexed(std::string_view text) {
  std::string bytes;
  if (!text.starts_with("\\x")) return bytes;
  text.remove_prefix(2);
  bytes.reserve(text.size() / 2);
  for (std::size_t at = 0; at + 1 < text.size(); at += 2)
    bytes += static_cast<char>(nibble(text[at]) << 4U | nibble(text[at + 1]));
  return bytes;
}

void put_value(Oid type, std::string_view text, core::Writer& out) {
  switch (type) {
    case k_bool:
      out.put(core::ValueView(text.starts_with('t')));  // or "true", cast to text
      return;
    case k_int2:
    case k_int4:
    case k_int8:
    case k_oid:
      out.put(core::ValueView(read<std::int64_t>(text)));
      return;
    case k_float4:
    case k_float8:
      out.put(core::ValueView(read<double>(text)));
      return;
    case k_bytea: {
      const std::string bytes = unhexed(text);
      out.put(core::ValueView(core::BlobView(std::string_view(bytes))));
      return;
    }
    default:
      out.put(core::ValueView(text));
  }
}

}  // namespace

void put_pg_value(Oid type, const std::optional<std::string>& text, core::Writer& out) {
  if (!text) return static_cast<void>(out.put(core::ValueView(core::Null{})));
  put_value(type, *text, out);
}

void PgParameters::set(const core::Values& values) {
  bytes_.clear();
  types_.clear();
  starts_.clear();
  lengths_.clear();
  formats_.clear();
  for (const core::ValueView& value : values) add(value);
  pointers_.clear();
  for (const std::size_t start : starts_)
    pointers_.push_back(start == std::string::npos ? nullptr : bytes_.data() + start);
}

void PgParameters::add(const core::ValueView& value) {
  std::array<char, 64> room;
  if (std::holds_alternative<core::Null>(value)) {
    types_.push_back(k_as_needed);
    starts_.push_back(std::string::npos);
    lengths_.push_back(0);
    formats_.push_back(k_text);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    add(k_bool, *flag ? "t" : "f");
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    const bool is_small =
        *whole >= std::numeric_limits<std::int32_t>::min() && *whole <= std::numeric_limits<std::int32_t>::max();
    add(is_small ? k_int4 : k_int8, written(*whole, room));
  } else if (const auto* number = std::get_if<double>(&value)) {
    add(k_float8, written(*number, room));
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (text->find('\0') != std::string_view::npos)
      throw SqlError(Cause::error, "a text with a zero byte cannot be stored in PostgreSQL");
    add(k_as_needed, *text);
  } else {
    add(k_bytea, std::get<core::BlobView>(value).bytes);
    formats_.back() = k_binary;
  }
}

void PgParameters::add(Oid type, std::string_view text) {
  types_.push_back(type);
  starts_.push_back(bytes_.size());
  lengths_.push_back(static_cast<int>(text.size()));
  formats_.push_back(k_text);
  bytes_.append(text).push_back('\0');
}

PgColumns::PgColumns(const PGresult* result) : pq_(libpq()) {
  std::size_t bytes = 0;
  for (int column = 0; column < pq_.nfields(result); ++column) {
    names_.emplace_back(pq_.fname(result, column));
    types_.push_back(pq_.ftype(result, column));
    bytes += names_.back().size();
  }
  if (bytes > k_longest_column_names) throw SqlError(Cause::error, column_names_too_long());
}

// Millions of values pass here, and each word with the library costs: only an empty one may be NULL.
void PgColumns::put_row(const PGresult* result, int row, core::Writer& out) const {
  out.put(static_cast<std::uint32_t>(types_.size()));
  std::size_t bytes = 0;
  int column = 0;
  for (const Oid type : types_) {
    const auto length = static_cast<std::size_t>(pq_.getlength(result, row, column));
    bytes += length;
    if (bytes > core::k_largest_row) throw SqlError(Cause::error, row_too_large());
    if (length == 0 && pq_.getisnull(result, row, column) != 0)
      out.put(core::ValueView(core::Null{}));
    else
      put_value(type, {pq_.getvalue(result, row, column), length}, out);
    ++column;
  }
}

}  // namespace target

// Plain binary encoding of message bodies. The reader is fed by processes that may be hostile: it never throws, never
// reads past the end, and once something was wrong it stays wrong.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/value.hpp"

namespace core {

class Writer {
 public:
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number> Writer& put(Number number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
    return *this;
  }
  Writer& put(std::string_view text);  // with its length
  Writer& append(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  Writer& put(const ValueView& view);
  Writer& put(const Value& value);
  Writer& put(const Row& row);

  // For what is known only later, such as a count: put something of its size, and replace it.
  void replace(std::size_t position, std::uint32_t number) noexcept {
    std::memcpy(bytes_.data() + position, &number, sizeof number);
  }
  void replace(std::size_t position, bool flag) noexcept { std::memcpy(bytes_.data() + position, &flag, sizeof flag); }
  // Ready for the next message, without asking for memory again; what a giant took is given back.
  void clear() {
    if (bytes_.capacity() > k_kept) bytes_ = {};
    bytes_.clear();
  }

  const std::string& bytes() const noexcept { return bytes_; }
  std::string take() noexcept { return std::move(bytes_); }
  std::size_t size() const noexcept { return bytes_.size(); }

 private:
  static constexpr std::size_t k_kept = std::size_t{1} << 20U;

  std::string bytes_;
};

// Bytes that a value or a row takes in a message.
std::size_t wire_size(const ValueView& view) noexcept;
std::size_t wire_size(const Value& value) noexcept;
std::size_t wire_size(const Row& row) noexcept;

// Elements (values, rows, texts in lists) of one message: what takes a byte on the wire takes 40 in memory, so it is
// their number that bounds what a message can make its reader hold.
inline constexpr std::size_t k_most_elements = std::size_t{1} << 19U;

class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : left_(bytes) {}

  template <class Number>
  requires std::is_arithmetic_v<Number> Number number()
  noexcept {
    Number number{};
    if (left_.size() < sizeof number) {
      good_ = false;
      return number;
    }
    std::memcpy(&number, left_.data(), sizeof number);
    left_.remove_prefix(sizeof number);
    return number;
  }
  bool flag() noexcept { return number<std::uint8_t>() != 0; }
  // An enumerator from 0 to last; anything else is wrong.
  template <class Enum>
  Enum word(Enum last) noexcept {
    using Number = std::underlying_type_t<Enum>;
    const Number value = number<Number>();
    if (value >= Number{} && value <= static_cast<Number>(last)) return static_cast<Enum>(value);
    good_ = false;
    return Enum{};
  }
  std::string_view view() noexcept;
  std::string text() { return std::string(view()); }
  // How many elements follow. Each takes at least one byte, so a count that cannot be true is refused before memory is;
  // so is one that brings the message over k_most_elements.
  std::uint32_t count() noexcept;
  ValueView value_view() noexcept;  // lies in the message
  Value value() { return owned(value_view()); }
  Row row();
  std::string_view left() const noexcept { return left_; }

  bool good() const noexcept { return good_; }
  // Everything was read and nothing was wrong.
  bool complete() const noexcept { return good_ && left_.empty(); }
  void spoil() noexcept { good_ = false; }

 private:
  std::string_view left_;
  std::size_t elements_ = 0;
  bool good_ = true;
};

// Rows where they lie in a message, which must outlive them. They were checked as a whole when the message was read, so
// that nothing is begun with a message whose end is malformed.
class PackedRows {
 public:
  PackedRows() = default;
  // Reads past the rows that come next.
  explicit PackedRows(Reader& in);

  std::uint32_t size() const noexcept { return count_; }
  // The first row that was not taken yet; false: there is none. `row` is overwritten.
  bool next(Values& row);

 private:
  std::uint32_t count_ = 0, taken_ = 0;
  Reader rows_{{}};
};

// One row in a message.
void read_values(Reader& in, Values& values);

}  // namespace core

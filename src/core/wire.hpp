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
  Writer& put(std::string_view text);
  Writer& put(const Value& value);
  Writer& put(const Row& row);

  const std::string& bytes() const noexcept { return bytes_; }
  std::string take() noexcept { return std::move(bytes_); }
  std::size_t size() const noexcept { return bytes_.size(); }

 private:
  std::string bytes_;
};

// Bytes that a value or a row takes in a message.
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
  Value value();
  Row row();

  bool good() const noexcept { return good_; }
  // Everything was read and nothing was wrong.
  bool complete() const noexcept { return good_ && left_.empty(); }
  void spoil() noexcept { good_ = false; }

 private:
  std::string_view left_;
  std::size_t elements_ = 0;
  bool good_ = true;
};

}  // namespace core

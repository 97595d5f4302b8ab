#include "exchange/ledger_text.hpp"

#include <charconv>
#include <variant>

#include "base/text.hpp"

namespace exchange {
namespace {

constexpr std::string_view k_mark = "\\x";

bool needs_hex(std::string_view bytes) noexcept {
  return bytes.starts_with(k_mark) || bytes.find('\0') != std::string_view::npos || !base::is_utf8(bytes);
}

int digit_of(char sign) noexcept {
  if (sign >= '0' && sign <= '9') return sign - '0';
  return sign >= 'a' && sign <= 'f' ? sign - 'a' + 10 : -1;
}

std::optional<std::string> bytes_in(std::string_view hex) {
  hex.remove_prefix(k_mark.size());
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    const int high = digit_of(hex[at]);
    const int low = digit_of(hex[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text(k_mark);
  text.reserve(k_mark.size() + 2 * bytes.size());
  for (const char byte : bytes) {
    const auto number = static_cast<unsigned char>(byte);
    text += k_digits[number >> 4U];
    text += k_digits[number & 15U];
  }
  return text;
}

std::optional<std::string> text_of(const core::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* blob = std::get_if<core::Blob>(&value)) return hex_of(blob->bytes);
  if (const auto* text = std::get_if<std::string>(&value)) return needs_hex(*text) ? hex_of(*text) : *text;
  return std::nullopt;
}

std::optional<core::Value> value_in(const std::optional<std::string>& text, ledger::Shape::Type type) {
  if (!text) return core::Null{};
  if (type == ledger::Shape::Type::number) {
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, number);
    if (text->empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return number;
  }
  const bool is_hex = text->starts_with(k_mark);
  if (!is_hex && type == ledger::Shape::Type::bytes) return std::nullopt;
  std::optional<std::string> bytes = is_hex ? bytes_in(*text) : *text;
  if (!bytes) return std::nullopt;
  if (type == ledger::Shape::Type::bytes) return core::Blob{*std::move(bytes)};
  return *std::move(bytes);
}

}  // namespace exchange

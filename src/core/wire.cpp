#include "core/wire.hpp"

#include <algorithm>

namespace core {
namespace {

enum class Tag : std::uint8_t { null, no, yes, integer, real, text, blob };

}  // namespace

Writer& Writer::put(std::string_view text) {
  put(static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
  return *this;
}

Writer& Writer::put(const Value& value) {
  if (std::holds_alternative<Null>(value)) return put(Tag::null);
  if (const auto* flag = std::get_if<bool>(&value)) return put(*flag ? Tag::yes : Tag::no);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return put(Tag::integer).put(*integer);
  if (const auto* real = std::get_if<double>(&value)) return put(Tag::real).put(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return put(Tag::text).put(std::string_view(*text));
  return put(Tag::blob).put(std::string_view(std::get<Blob>(value).bytes));
}

Writer& Writer::put(const Row& row) {
  put(static_cast<std::uint32_t>(row.size()));
  for (const Value& value : row) put(value);
  return *this;
}

std::size_t wire_size(const Value& value) noexcept {
  std::size_t bytes = sizeof(Tag);
  if (std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value))
    bytes += sizeof(std::int64_t);
  else if (const auto* text = std::get_if<std::string>(&value))
    bytes += sizeof(std::uint32_t) + text->size();
  else if (const auto* blob = std::get_if<Blob>(&value))
    bytes += sizeof(std::uint32_t) + blob->bytes.size();
  return bytes;
}

std::size_t wire_size(const Row& row) noexcept {
  std::size_t bytes = sizeof(std::uint32_t);
  for (const Value& value : row) bytes += wire_size(value);
  return bytes;
}

std::string_view Reader::view() noexcept {
  const auto length = number<std::uint32_t>();
  if (!good_ || left_.size() < length) {
    good_ = false;
    return {};
  }
  const std::string_view text = left_.substr(0, length);
  left_.remove_prefix(length);
  return text;
}

std::uint32_t Reader::count() noexcept {
  const auto count = number<std::uint32_t>();
  if (!good_ || count > left_.size() || count > k_most_elements - elements_) {
    good_ = false;
    return 0;
  }
  elements_ += count;
  return count;
}

Value Reader::value() {
  switch (word(Tag::blob)) {
    case Tag::null:
      return Null{};
    case Tag::no:
      return false;
    case Tag::yes:
      return true;
    case Tag::integer:
      return number<std::int64_t>();
    case Tag::real:
      return number<double>();
    case Tag::text:
      return text();
    case Tag::blob:
      return Blob{text()};
  }
  return Null{};
}

Row Reader::row() {
  Row row;
  const std::uint32_t size = count();
  row.reserve(std::min<std::uint32_t>(size, 256));  // the count is only a claim
  for (std::uint32_t index = 0; index < size && good_; ++index) row.push_back(value());
  return row;
}

}  // namespace core

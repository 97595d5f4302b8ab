#include "core/wire.hpp"

#include <algorithm>
#include <array>

namespace core {
namespace {

enum class Tag : std::uint8_t { null, no, yes, integer, real, text, blob };

// What comes before the bytes of a value; one append is cheaper than two.
template <class Number>
struct Tagged {
  explicit Tagged(Tag tag, Number number) noexcept {
    std::memcpy(bytes.data(), &tag, sizeof tag);
    std::memcpy(bytes.data() + sizeof tag, &number, sizeof number);
  }
  std::string_view view() const noexcept { return {bytes.data(), bytes.size()}; }
  std::array<char, sizeof(Tag) + sizeof(Number)> bytes;
};

struct Put {
  Writer& out;
  Writer& operator()(Null) const { return out.put(Tag::null); }
  Writer& operator()(bool flag) const { return out.put(flag ? Tag::yes : Tag::no); }
  Writer& operator()(std::int64_t integer) const { return out.append(Tagged(Tag::integer, integer).view()); }
  Writer& operator()(double real) const { return out.append(Tagged(Tag::real, real).view()); }
  Writer& operator()(std::string_view text) const { return bytes(Tag::text, text); }
  Writer& operator()(BlobView blob) const { return bytes(Tag::blob, blob.bytes); }
  Writer& bytes(Tag tag, std::string_view bytes) const {
    return out.append(Tagged(tag, static_cast<std::uint32_t>(bytes.size())).view()).append(bytes);
  }
};

}  // namespace

Value owned(const ValueView& view) {
  if (const auto* text = std::get_if<std::string_view>(&view)) return std::string(*text);
  if (const auto* blob = std::get_if<BlobView>(&view)) return Blob{std::string(blob->bytes)};
  if (const auto* flag = std::get_if<bool>(&view)) return *flag;
  if (const auto* integer = std::get_if<std::int64_t>(&view)) return *integer;
  if (const auto* real = std::get_if<double>(&view)) return *real;
  return Null{};
}

ValueView view(const Value& value) noexcept {
  return std::visit([](const auto& each) -> ValueView { return each; }, value);
}

Writer& Writer::put(std::string_view text) {
  put(static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
  return *this;
}

Writer& Writer::put(const ValueView& view) {
  const Put put{*this};  // numbers and texts first: most are
  if (const auto* integer = std::get_if<std::int64_t>(&view)) return put(*integer);
  if (const auto* text = std::get_if<std::string_view>(&view)) return put(*text);
  return std::visit(put, view);
}

Writer& Writer::put(const Value& value) {
  return put(view(value));
}

Writer& Writer::put(const Row& row) {
  put(static_cast<std::uint32_t>(row.size()));
  for (const Value& value : row) put(value);
  return *this;
}

std::size_t wire_size(const ValueView& view) noexcept {
  if (const auto* text = std::get_if<std::string_view>(&view))
    return sizeof(Tag) + sizeof(std::uint32_t) + text->size();
  if (const auto* blob = std::get_if<BlobView>(&view)) return sizeof(Tag) + sizeof(std::uint32_t) + blob->bytes.size();
  const bool is_number = std::holds_alternative<std::int64_t>(view) || std::holds_alternative<double>(view);
  return sizeof(Tag) + (is_number ? sizeof(std::int64_t) : 0);
}

std::size_t wire_size(const Value& value) noexcept {
  return wire_size(view(value));
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

ValueView Reader::value_view() noexcept {
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
      return view();
    case Tag::blob:
      return BlobView(view());
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

void read_values(Reader& in, Values& values) {
  values.resize(in.count());
  for (ValueView& value : values) value = in.value_view();
}

PackedRows::PackedRows(Reader& in) {
  const std::uint32_t rows = in.count();
  const std::string_view from = in.left();
  for (std::uint32_t row = 0; row < rows && in.good(); ++row) {
    const std::uint32_t values = in.count();
    for (std::uint32_t value = 0; value < values && in.good(); ++value) in.value_view();
  }
  if (!in.good()) return;
  count_ = rows;
  rows_ = Reader(from.substr(0, from.size() - in.left().size()));
}

bool PackedRows::next(Values& row) {
  if (taken_ == count_) return false;
  ++taken_;
  read_values(rows_, row);
  return true;
}

}  // namespace core

// One value on its way between a script and a database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace core {

struct Null {
  bool operator==(const Null&) const = default;
};

struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

using Value = std::variant<Null, bool, std::int64_t, double, std::string, Blob>;
using Row = std::vector<Value>;

// The same where it lies: texts and blobs point into a message, a Value or a Lua string, which must outlive the view.
struct BlobView {
  std::string_view bytes;
  BlobView(std::string_view shown) noexcept : bytes(shown) {}
  BlobView(const Blob& blob) noexcept : bytes(blob.bytes) {}
  bool operator==(const BlobView&) const = default;
};

using ValueView = std::variant<Null, bool, std::int64_t, double, std::string_view, BlobView>;
using Values = std::vector<ValueView>;  // of one row

Value owned(const ValueView& view);
ValueView view(const Value& value) noexcept;

// A row travels in one message. Both are less than a message can hold, and more than an engine takes as parameters.
inline constexpr std::size_t k_largest_row = std::size_t{15} << 20U;  // bytes of texts and blobs
inline constexpr std::size_t k_most_values = std::size_t{1} << 16U;

}  // namespace core

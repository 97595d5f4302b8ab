// One value on its way between a script and a database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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

// A row travels in one message. Both are less than a message can hold, and more than an engine takes as parameters.
inline constexpr std::size_t k_largest_row = std::size_t{15} << 20U;  // bytes of texts and blobs
inline constexpr std::size_t k_most_values = std::size_t{1} << 16U;

}  // namespace core

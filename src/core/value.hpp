// One value on its way between a script and a database.
#pragma once

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

}  // namespace core

// One row of another tool's table, read with doubt: every value may be of another type than the tool's schema says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/value.hpp"

namespace exchange {

class Cells {
 public:
  explicit Cells(const core::Values& values) noexcept : values_(values) {}

  bool is_null(std::size_t at) const noexcept;
  // A text, or a number as text; NULL and what is neither: empty.
  std::string text(std::size_t at) const;
  void text(std::size_t at, std::string& into) const;  // the same, without asking for memory again
  std::optional<std::int64_t> number(std::size_t at) const;
  std::optional<double> real(std::size_t at) const;
  // A boolean, a number or one of t, f, true, false, y, n. nullopt: NULL, or no such thing.
  std::optional<bool> flag(std::size_t at) const;
  // nullopt: NULL, or no time; which of the two, is_null() says.
  std::optional<base::Instant> time(std::size_t at) const;

 private:
  const core::Values& values_;
};

// "2024-05-01 12:00:00.123+02", with T or a blank, with or without parts of a second and a zone; without one it is UTC.
// Seconds or milliseconds since 1970 as digits.
std::optional<base::Instant> time_in(std::string_view text) noexcept;

}  // namespace exchange

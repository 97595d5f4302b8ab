#include "cli/numbering.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "core/script.hpp"

namespace cli {
namespace {

constexpr std::size_t k_least_digits = 3;
constexpr std::size_t k_longest_slug = 120;  // bytes

std::string_view without_zeros(std::string_view number) noexcept {
  return number.substr(std::min(number.find_first_not_of('0'), number.size()));
}

// Numbers may be longer than any integer: dates with a time are.
std::string successor(std::string_view number) {
  std::string digits = "0" + std::string(number);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      break;
    }
    *digit = '0';
  }
  return std::string(without_zeros(digits));
}

}  // namespace

std::string next_number(std::span<const std::string> names) {
  std::string_view highest;
  std::size_t width = k_least_digits;
  for (const std::string& name : names) {
    const std::string_view number = core::number_of(name);
    const std::string_view value = without_zeros(number);
    width = std::max(width, number.size());
    if (value.size() != highest.size() ? value.size() > highest.size() : value > highest) highest = value;
  }
  const std::string next = successor(highest);
  return std::string(width > next.size() ? width - next.size() : 0, '0') + next;
}

std::string slug_of(std::string_view title) {
  const std::string safe = base::repair_utf8(title);
  std::string slug;
  for (const char letter : safe) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80)
      slug += letter;
    else if (std::isalnum(byte) != 0)
      slug += static_cast<char>(std::tolower(byte));
    else if (!slug.empty() && slug.back() != '_')
      slug += '_';
  }
  std::size_t end = std::min(slug.size(), k_longest_slug);
  while (end > 0 && end < slug.size() && (static_cast<unsigned char>(slug[end]) & 0xC0U) == 0x80U) --end;
  slug.resize(end);
  while (slug.ends_with('_')) slug.pop_back();
  return base::escape(slug) == slug ? slug : std::string();
}

}  // namespace cli

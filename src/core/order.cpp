#include "core/order.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <iterator>

#include "base/text.hpp"
#include "core/script.hpp"

namespace core {
namespace {

bool is_digit(char letter) noexcept {
  return letter >= '0' && letter <= '9';
}

std::string_view digits(std::string_view text) noexcept {
  return number_of(text);
}

std::string_view without_zeros(std::string_view number) noexcept {
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

// <0, 0, >0 like memcmp; numbers of any length.
int compare_numbers(std::string_view left, std::string_view right) noexcept {
  left = without_zeros(left);
  right = without_zeros(right);
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

bool natural_before(std::string_view left, std::string_view right) noexcept {
  const std::string_view whole_left = left;
  const std::string_view whole_right = right;
  while (!left.empty() && !right.empty()) {
    if (is_digit(left.front()) && is_digit(right.front())) {
      const std::string_view a = digits(left);
      const std::string_view b = digits(right);
      if (const int order = compare_numbers(a, b); order != 0) return order < 0;
      left.remove_prefix(a.size());
      right.remove_prefix(b.size());
      continue;
    }
    if (left.front() != right.front())
      return static_cast<unsigned char>(left.front()) < static_cast<unsigned char>(right.front());
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
  if (left.empty() != right.empty()) return left.empty();
  return whole_left < whole_right;
}

struct Numbered {
  std::string_view number, name;
};

bool has_lower_number(const Numbered& left, const Numbered& right) noexcept {
  return compare_numbers(left.number, right.number) < 0;
}

}  // namespace

// std::string_view compares as unsigned bytes: char_traits<char>::lt does.
bool runs_before(std::string_view left, std::string_view right, Order order) noexcept {
  return order == Order::natural ? natural_before(left, right) : left < right;
}

void sort_names(std::vector<std::string>& names, Order order) {
  std::sort(names.begin(), names.end(),
            [order](const std::string& left, const std::string& right) { return runs_before(left, right, order); });
}

std::vector<std::string> order_warnings(std::span<const std::string> names, Order order) {
  std::vector<std::string> warnings;
  std::vector<Numbered> numbered;
  numbered.reserve(names.size());
  for (const std::string& name : names)
    if (const std::string_view number = number_of(name); !number.empty()) numbered.push_back({number, name});
  // Padded to one length, as they should be, they stand in this order already.
  if (!std::is_sorted(numbered.begin(), numbered.end(), has_lower_number))
    std::stable_sort(numbered.begin(), numbered.end(), has_lower_number);
  for (auto first = numbered.begin(); first != numbered.end();) {
    const auto next =
        std::find_if(first, numbered.end(), [&](const Numbered& each) { return has_lower_number(*first, each); });
    if (next - first > 1)
      warnings.push_back(fmt::format("{} scripts have number {}: {} runs before {}", next - first,
                                     without_zeros(first->number), base::escape(first->name),
                                     base::escape(std::next(first)->name)));
    first = next;
  }
  if (order == Order::natural) return warnings;
  for (std::size_t index = 1; index < names.size(); ++index) {
    const std::string_view before = number_of(names[index - 1]);
    const std::string_view after = number_of(names[index]);
    if (before.empty() || after.empty() || compare_numbers(before, after) <= 0) continue;
    warnings.push_back(fmt::format(
        "{} runs before {}: names run in byte order; pad the numbers to one length, or set order = \"natural\"",
        base::escape(names[index - 1]), base::escape(names[index])));
    break;
  }
  return warnings;
}

}  // namespace core

// In which order scripts run, and what looks like a mistake in it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"

namespace core {

// Whether left runs before right. natural: runs of digits compare as numbers, ties by bytes.
bool runs_before(std::string_view left, std::string_view right, Order order) noexcept;

void sort_names(std::vector<std::string>& names, Order order);

// Sentences for people: duplicate numbers, and numbers padded to different lengths (10_ runs before 2_ by bytes).
// names: sorted.
std::vector<std::string> order_warnings(std::span<const std::string> names, Order order);

}  // namespace core

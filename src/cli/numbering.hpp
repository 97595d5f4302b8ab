// The file name of a new script: the next number and a name made of its title. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cli {

// The number behind the highest of these names, as wide as the widest of them and at least three digits.
std::string next_number(std::span<const std::string> names);

// "Clear orphaned menu rows!" → "clear_orphaned_menu_rows"; empty when the title has no letter or digit.
std::string slug_of(std::string_view title);

}  // namespace cli

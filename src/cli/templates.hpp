// Scripts to begin with: src/cli/templates/NAME.lua, each whole and safe as it is. Run before its values are filled in,
// it fails and has changed nothing. The first line of such a file tells what it is for; a script is made of the rest.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cli {

struct Template {
  std::string_view name;
  std::string_view text;
};

inline constexpr std::string_view k_plain_template = "empty";  // for who names none

std::span<const Template> templates() noexcept;  // by name

// Throws base::Error(usage) with the nearest name.
const Template& find_template(std::string_view name);

std::string_view summary_of(const Template& pattern) noexcept;

// The text of a new script with this description.
std::string script_from(const Template& pattern, std::string_view description);

}  // namespace cli

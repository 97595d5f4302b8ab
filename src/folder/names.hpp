// Which file names can be scripts at all, and in one short phrase why the others cannot. Pure: looks at the name alone.
// Private to the room.
#pragma once

#include <string_view>

namespace folder {

// Empty: the name can be a script's. Otherwise the reason, for people.
std::string_view refusal_by_name(std::string_view name) noexcept;

// Whether the name is one file inside a folder: no path, not "." or "..".
bool is_plain_name(std::string_view name) noexcept;

}  // namespace folder

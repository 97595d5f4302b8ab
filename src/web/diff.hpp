// What is different between two versions of a script, line by line. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace web {

struct DiffLine {
  enum class Kind : std::uint8_t { same, removed, added } kind = Kind::same;
  std::size_t old_number = 0, new_number = 0;  // from 1; 0: it is not in that version
  std::string_view text;                       // of one of the two that were given, without its end
};

// All lines of both, in order; as few of them removed and added as there can be, unless the two have next to nothing in
// common: then the whole of what lies between their common beginning and end.
std::vector<DiffLine> diff(std::string_view before, std::string_view after);

// As HTML, what is alike far from any difference left out; empty: nothing is different.
std::string shown_diff(std::string_view before, std::string_view after);

}  // namespace web

// What a browser gets beside the pages: style sheet, modules and pictures of web/assets, part of the program, nothing
// of them from elsewhere.
#pragma once

#include <span>
#include <string_view>

namespace web {

struct Asset {
  std::string_view name;  // "page.css"
  std::string_view text;
};

std::span<const Asset> assets() noexcept;  // by name

}  // namespace web

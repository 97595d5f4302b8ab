#include "folder/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace folder {
namespace {

struct Ending {
  std::string_view ending;
  std::string_view reason;
};

constexpr std::array k_endings = {
    Ending{"~", "editor backup (name ends in ~)"},
    Ending{".part", "unfinished transfer (name ends in .part)"},
    Ending{".partial", "unfinished transfer (name ends in .partial)"},
    Ending{".filepart", "unfinished transfer (name ends in .filepart)"},
    Ending{".crdownload", "unfinished transfer (name ends in .crdownload)"},
    Ending{".tmp", "temporary file (name ends in .tmp)"},
    Ending{".swp", "editor swap file (name ends in .swp)"},
    Ending{"___jb_tmp___", "temporary file of an editor (___jb_tmp___)"},
    Ending{"___jb_old___", "temporary file of an editor (___jb_old___)"},
    Ending{".bak", "backup copy (name ends in .bak)"},
    Ending{".orig", "backup copy (name ends in .orig)"},
    Ending{".rej", "rejected patch (name ends in .rej)"},
};

bool is_letter_or_digit(char letter) noexcept {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0;
}
bool is_digit(char letter) noexcept {
  return letter >= '0' && letter <= '9';
}
char lower(char letter) noexcept {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

// sed -i writes to sedXXXXXX beside the file and renames it.
bool is_sed_file(std::string_view name) noexcept {
  return name.size() == 9 && name.starts_with("sed") && std::all_of(name.begin() + 3, name.end(), is_letter_or_digit);
}

// git mergetool lays x_LOCAL_4711.lua and its three siblings beside x.lua while a person resolves a conflict.
bool is_mergetool_file(std::string_view name) noexcept {
  std::string_view stem = name.substr(0, name.size() - std::string_view(".lua").size());
  const std::size_t letters = stem.size();
  while (!stem.empty() && is_digit(stem.back())) stem.remove_suffix(1);
  if (stem.size() == letters) return false;
  constexpr std::array<std::string_view, 4> k_sides = {"_BACKUP_", "_BASE_", "_LOCAL_", "_REMOTE_"};
  return std::any_of(k_sides.begin(), k_sides.end(), [stem](std::string_view side) { return stem.ends_with(side); });
}

bool ends_in_lua_of_any_case(std::string_view name) noexcept {
  constexpr std::string_view k_lua = ".lua";
  return name.size() > k_lua.size() &&
         std::equal(k_lua.begin(), k_lua.end(), name.end() - static_cast<std::ptrdiff_t>(k_lua.size()),
                    [](char wanted, char letter) { return wanted == lower(letter); });
}

std::string_view refusal_of_other_ending(std::string_view name) noexcept {
  if (name.size() > 1 && name.front() == '#' && name.back() == '#') return "editor auto-save (#name#)";
  if (is_sed_file(name)) return "temporary file of sed -i";
  for (const Ending& known : k_endings)
    if (name.ends_with(known.ending)) return known.reason;
  if (ends_in_lua_of_any_case(name)) return "name does not end in .lua (in lower case)";
  return "name does not end in .lua";
}

}  // namespace

std::string_view refusal_by_name(std::string_view name) noexcept {
  if (name.starts_with('.')) return "hidden (leading dot)";
  if (!name.ends_with(".lua")) return refusal_of_other_ending(name);
  if (is_mergetool_file(name)) return "temporary file of git mergetool";
  return {};
}

bool is_plain_name(std::string_view name) noexcept {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace folder

#include "exchange/facts.hpp"

#include <algorithm>
#include <array>

namespace exchange {
namespace {

constexpr std::array<std::string_view, 16> k_endings = {".php", ".js", ".cjs", ".mjs", ".ts",  ".cts",  ".mts", ".sql",
                                                        ".rb",  ".py", ".exs", ".go",  ".xml", ".yaml", ".yml", ".lua"};

}  // namespace

std::string stem_of(std::string_view name) {
  name.remove_prefix(std::min(name.find_last_of("/\\") + 1, name.size()));  // npos + 1 is 0
  for (const std::string_view ending : k_endings)
    if (name.size() > ending.size() && name.ends_with(ending))
      return std::string(name.substr(0, name.size() - ending.size()));
  return std::string(name);
}

}  // namespace exchange

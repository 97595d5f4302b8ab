// The text of a script as HTML: numbered lines, with the words of Lua coloured. Pure. Nothing is left out and nothing
// added: what a reader copies is the text that ran, but for what base::escape_lines makes visible.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace web {

struct LuaPiece {
  enum class Kind : std::uint8_t { plain, keyword, text, number, comment, known } kind = Kind::plain;
  std::string_view text;  // of what was given
};

// All of it in order; also of what is no Lua.
std::vector<LuaPiece> lua_pieces(std::string_view text);

// Each line without its end, a piece that goes over several lines in each of them.
std::vector<std::string> highlighted_lines(std::string_view text);

// <pre> with all lines. anchor: each is reached by it and its number, as "L7"; empty: by nothing.
std::string highlighted(std::string_view text, std::string_view anchor = {});

}  // namespace web

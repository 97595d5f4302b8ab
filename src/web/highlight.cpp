#include "web/highlight.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.hpp"
#include "web/html.hpp"

namespace web {
namespace {

constexpr std::array<std::string_view, 22> k_keywords = {
    "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
    "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};

// What a script of this program is made of.
constexpr std::array<std::string_view, 20> k_known = {
    "shouldRun",  "execute", "rollback",  "validate", "description", "depends", "transaction",
    "repeatable", "db",      "databases", "log",      "progress",    "batch",   "json",
    "skip",       "ctx",     "error",     "print",    "pcall",       "string"};

bool is_digit(char letter) noexcept {
  return letter >= '0' && letter <= '9';
}

bool is_word(char letter) noexcept {
  return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

// Behind "[", "[=", "[==" …: how many bytes the opening of a long bracket takes; 0: it is none.
std::size_t long_opening(std::string_view rest) noexcept {
  if (!rest.starts_with('[')) return 0;
  const std::size_t level = rest.find_first_not_of('=', 1);
  return level != std::string_view::npos && rest[level] == '[' ? level + 1 : 0;
}

std::size_t long_end(std::string_view rest, std::size_t opening) {
  const std::string close = "]" + std::string(opening - 2, '=') + "]";
  const std::size_t at = rest.find(close, opening);
  return at == std::string_view::npos ? rest.size() : at + close.size();
}

std::size_t line_end(std::string_view rest) noexcept {
  return std::min(rest.find('\n'), rest.size());
}

std::size_t quoted_end(std::string_view rest) noexcept {
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '\\') {
      ++at;
      if (rest.substr(at).starts_with('z'))
        while (at + 1 < rest.size() && (rest[at + 1] == ' ' || rest[at + 1] == '\n' || rest[at + 1] == '\t')) ++at;
    } else if (rest[at] == rest[0]) {
      return at + 1;
    } else if (rest[at] == '\n') {
      return at;
    }
  }
  return rest.size();
}

std::size_t number_end(std::string_view rest) noexcept {
  const bool hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
  std::size_t at = 0;
  while (at < rest.size()) {
    const char letter = rest[at];
    const char before = at == 0 ? '\0' : rest[at - 1];
    const bool exponent = hexadecimal ? before == 'p' || before == 'P' : before == 'e' || before == 'E';
    if (!is_word(letter) && letter != '.' && !((letter == '+' || letter == '-') && exponent)) break;
    if (letter == '.' && rest.substr(at).starts_with("..")) break;
    ++at;
  }
  return at;
}

std::size_t word_end(std::string_view rest) noexcept {
  std::size_t at = 0;
  while (at < rest.size() && is_word(rest[at])) ++at;
  return at;
}

template <std::size_t size>
bool holds(const std::array<std::string_view, size>& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

using Kind = LuaPiece::Kind;

// The piece that begins here; one letter of its own where nothing is known.
LuaPiece piece_at(std::string_view rest, char before) {
  if (rest.starts_with("--")) {
    const std::size_t opening = long_opening(rest.substr(2));
    const std::size_t size = opening == 0 ? line_end(rest) : 2 + long_end(rest.substr(2), opening);
    return {Kind::comment, rest.substr(0, size)};
  }
  if (const std::size_t opening = long_opening(rest); opening != 0)
    return {Kind::text, rest.substr(0, long_end(rest, opening))};
  if (rest[0] == '"' || rest[0] == '\'') return {Kind::text, rest.substr(0, quoted_end(rest))};
  if (is_digit(rest[0]) || (rest[0] == '.' && rest.size() > 1 && is_digit(rest[1]) && before != '.'))
    return {Kind::number, rest.substr(0, number_end(rest))};
  if (!is_word(rest[0])) return {Kind::plain, rest.substr(0, 1)};
  const std::string_view word = rest.substr(0, word_end(rest));
  const bool is_field = before == '.' || before == ':';
  if (!is_field && holds(k_keywords, word)) return {Kind::keyword, word};
  return {!is_field && holds(k_known, word) ? Kind::known : Kind::plain, word};
}

std::string_view look_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::keyword:
      return "k";
    case Kind::text:
      return "s";
    case Kind::number:
      return "n";
    case Kind::comment:
      return "c";
    case Kind::known:
      return "f";
    case Kind::plain:
      break;
  }
  return {};
}

std::string coloured(Kind kind, std::string_view text) {
  const std::string_view look = look_of(kind);
  if (look.empty() || text.empty()) return shown_lines(text);
  return fmt::format("<span class=\"{}\">{}</span>", look, shown_lines(text));
}

}  // namespace

std::vector<LuaPiece> lua_pieces(std::string_view text) {
  std::vector<LuaPiece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const LuaPiece piece = piece_at(text.substr(at), at == 0 ? '\0' : text[at - 1]);
    LuaPiece* last = pieces.empty() ? nullptr : &pieces.back();
    if (last != nullptr && last->kind == Kind::plain && piece.kind == Kind::plain)
      last->text =
          text.substr(static_cast<std::size_t>(last->text.data() - text.data()), last->text.size() + piece.text.size());
    else
      pieces.push_back(piece);
    at += piece.text.size();
  }
  return pieces;
}

std::vector<std::string> highlighted_lines(std::string_view text) {
  std::vector<std::string> lines(1);
  for (const LuaPiece& piece : lua_pieces(text)) {
    bool first = true;
    for (const std::string_view part : base::split(piece.text, '\n')) {
      if (!std::exchange(first, false)) lines.emplace_back();
      lines.back() += coloured(piece.kind, part);
    }
  }
  if (text.ends_with('\n')) lines.pop_back();
  return lines;
}

std::string highlighted(std::string_view text, std::string_view anchor) {
  std::string out;
  std::size_t number = 0;
  for (const std::string& line : highlighted_lines(text))
    out += fmt::format("<span class=\"line\"{}>{}\n</span>",
                       anchor.empty() ? std::string() : fmt::format(" id=\"{}{}\"", anchor, ++number), line);
  return fmt::format(
      "<div class=\"scroll\" role=\"group\" aria-label=\"Text of the script\" tabindex=\"0\"><pre "
      "class=\"code\"><code>{}</code></pre></div>\n",
      out);
}

}  // namespace web

#include "cli/style.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.hpp"

namespace cli {
namespace {

constexpr std::size_t k_narrowest = 40;  // below, lines are cut as if the terminal had so many columns

std::string_view variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// What setlocale(3) would look at, in its order.
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale(variable(name));
    if (locale.empty()) continue;
    std::transform(locale.begin(), locale.end(), locale.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

std::size_t terminal_width() noexcept {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::max<std::size_t>(size.ws_col, k_narrowest);
}

std::string_view code(Colour colour) noexcept {
  switch (colour) {
    case Colour::plain:
      return "";
    case Colour::bold:
      return "\x1b[1m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::cyan:
      return "\x1b[36m";
  }
  return "";
}

std::size_t letter_length(std::string_view text) noexcept {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
  return length;
}

void break_hard(std::string_view line, std::size_t width, std::vector<std::string>& out) {
  std::string piece;
  std::size_t used = 0;
  while (!line.empty()) {
    const std::string_view letter = line.substr(0, letter_length(line));
    const std::size_t columns = base::display_width(letter);
    if (used + columns > width && !piece.empty()) {
      out.push_back(std::move(piece));
      piece.clear();
      used = 0;
    }
    piece += letter;
    used += columns;
    line.remove_prefix(letter.size());
  }
  out.push_back(std::move(piece));
}

std::string without_tabs(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\t')
      out += "    ";
    else
      out += letter;
  }
  return out;
}

int& first_fault() noexcept {
  static int fault = 0;
  return fault;
}

void keep_fault(int fault) noexcept {
  if (first_fault() == 0) first_fault() = fault;
}

std::string without_end_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

void append_labelled(std::string& out, std::string_view label, const std::string& text, const Style& style) {
  if (text.empty()) return;
  const std::string indent(label.size() + 1, ' ');
  bool first = true;
  for (const std::string& line : paragraph(text, style.width - indent.size())) {
    out += without_end_spaces((first ? std::string(label) + " " : indent) + line) + "\n";
    first = false;
  }
}

}  // namespace

std::string Style::paint(Colour colour_of, std::string_view text) const {
  if (!colour || colour_of == Colour::plain || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", code(colour_of), text);
}

std::string Style::symbol(core::OutcomeKind kind) const {
  switch (kind) {
    case core::OutcomeKind::succeeded:
      return utf8 ? "✓" : "ok  ";
    case core::OutcomeKind::skipped:
      return utf8 ? "–" : "skip";
    case core::OutcomeKind::failed:
      return utf8 ? "✗" : "FAIL";
    case core::OutcomeKind::blocked:
      return utf8 ? "■" : "wait";
    case core::OutcomeKind::interrupted:
      return utf8 ? "!" : "stop";
    case core::OutcomeKind::unknown:
      return utf8 ? "?" : "????";
    case core::OutcomeKind::rolled_back:
      return utf8 ? "↶" : "undo";
    case core::OutcomeKind::marked:
    case core::OutcomeKind::imported:
      return utf8 ? "✓" : "done";
  }
  return "?";
}

Style style_of_terminal(ColourWish wish) {
  const bool dumb = variable("TERM") == "dumb" || variable("TERM").empty();
  Style style;
  style.utf8 = speaks_utf8();
  style.colour = wish == ColourWish::automatic && variable("NO_COLOR").empty() && !dumb && ::isatty(STDOUT_FILENO) == 1;
  style.live = !dumb && ::isatty(STDERR_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  style.width = terminal_width();
  return style;
}

Colour colour_of(core::OutcomeKind kind) noexcept {
  switch (kind) {
    case core::OutcomeKind::succeeded:
      return Colour::green;
    case core::OutcomeKind::skipped:
      return Colour::cyan;
    case core::OutcomeKind::failed:
    case core::OutcomeKind::unknown:
      return Colour::red;
    case core::OutcomeKind::blocked:
    case core::OutcomeKind::interrupted:
    case core::OutcomeKind::rolled_back:
      return Colour::yellow;
    case core::OutcomeKind::marked:
    case core::OutcomeKind::imported:
      return Colour::plain;
  }
  return Colour::plain;
}

void put(std::FILE* stream, std::string_view text) noexcept {
  if (stream != nullptr && std::fwrite(text.data(), 1, text.size(), stream) != text.size()) keep_fault(errno);
}

void flush(std::FILE* stream) noexcept {
  if (stream != nullptr && std::fflush(stream) != 0) keep_fault(errno);
}

int write_fault() noexcept {
  return first_fault();
}

std::vector<std::string> paragraph(std::string_view raw, std::size_t width) {
  std::vector<std::string> lines;
  const std::string text = without_tabs(base::escape_lines(base::trim(raw)));
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t indent = std::min({line.find_first_not_of(' '), line.size(), width / 2});
    std::vector<std::string> pieces;
    for (const std::string& wrapped : base::wrap(line.substr(indent), width - indent))
      break_hard(wrapped, std::max<std::size_t>(width - indent, 1), pieces);
    for (const std::string& piece : pieces) lines.push_back(std::string(indent, ' ') + piece);
  }
  return lines;
}

std::vector<std::string> chunks(std::string_view text, std::size_t width) {
  std::vector<std::string> pieces;
  break_hard(text, std::max<std::size_t>(width, 1), pieces);
  return pieces;
}

std::string pad(std::string_view text, std::size_t width) {
  const std::size_t used = base::display_width(text);
  return std::string(text) + std::string(width > used ? width - used : 0, ' ');
}

std::string error_text(const base::Error& error, const Style& style) {
  std::string out;
  append_labelled(out, "error:", error.what(), style);
  append_labelled(out, "state:", error.state(), style);
  append_labelled(out, "next: ", error.next(), style);
  return out;
}

}  // namespace cli

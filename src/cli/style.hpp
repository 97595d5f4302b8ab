// How text may look where it goes: colour, symbols, width. Decided once for each command from the terminal, the
// environment and the arguments. Everything that a script, a file name or a database says goes through base::escape
// first.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "core/outcome.hpp"

namespace cli {

enum class Colour { plain, bold, dim, green, yellow, red, cyan };

struct Style {
  bool colour = false;
  bool utf8 = true;   // else words instead of symbols
  bool live = false;  // stderr is a terminal that can take back a line
  std::size_t width = 80;

  std::string paint(Colour colour_of, std::string_view text) const;
  // "✓", or "ok" where only ASCII is safe; always the same number of columns within one style.
  std::string symbol(core::OutcomeKind kind) const;
  std::string_view bullet() const noexcept { return utf8 ? "·" : "-"; }
};

enum class ColourWish { automatic, never };

// For this process's stdout and stderr.
Style style_of_terminal(ColourWish wish);

Colour colour_of(core::OutcomeKind kind) noexcept;

// Write, and never throw: a reader that went away must not end a run. The first fault is kept for write_fault().
void put(std::FILE* stream, std::string_view text) noexcept;
void flush(std::FILE* stream) noexcept;
// errno of the first write of this process that failed; 0: none has.
int write_fault() noexcept;

// Lines of at most `width` columns: wrapped at words, long words broken. Escapes, keeps line ends
// and the indentation of each line, widens tabs.
std::vector<std::string> paragraph(std::string_view raw, std::size_t width);

// Escaped text in parts of at most `width` columns, broken anywhere between letters.
std::vector<std::string> chunks(std::string_view text, std::size_t width);

// The text filled with spaces up to `width` columns.
std::string pad(std::string_view text, std::size_t width);

// "error: …", the state of the data and the next step, wrapped.
std::string error_text(const base::Error& error, const Style& style);

}  // namespace cli

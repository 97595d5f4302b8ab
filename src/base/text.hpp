// Text as people and terminals see it. Pure functions; nothing here throws unless memory runs out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

bool is_utf8(std::string_view bytes) noexcept;

// Valid UTF-8: every byte that is part of no valid sequence becomes U+FFFD. For JSON and other places that demand
// UTF-8.
std::string repair_utf8(std::string_view bytes);

// Safe on a terminal, in a log line and in a file list: control characters, invalid bytes, changes of direction and
// invisible characters become visible escapes (\n, \x1b, \u{202e}). Valid printable UTF-8 stays as it is; so does a
// backslash.
std::string escape(std::string_view bytes);

// The same, but line ends and tabs are kept: for texts of several lines.
std::string escape_lines(std::string_view bytes);

// "<" becomes "&lt;" and the like: the text can stand between tags and in a quoted attribute of HTML. What is unsafe
// otherwise stays: escape it first.
std::string html_entities(std::string_view text);

// The same JSON text, in which whatever is unsafe on a terminal stands as \uXXXX. Loses nothing.
std::string escape_json(std::string_view json);

// Columns that a terminal gives to escaped text: code points, wide ones (CJK, emoji) counted twice, combining ones not.
std::size_t display_width(std::string_view text) noexcept;

// At most `width` columns; a cut is marked by "…".
std::string fit(std::string_view text, std::size_t width);

// Words wrapped at `width` columns; a word that is longer stands alone on its line.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

std::string_view trim(std::string_view text) noexcept;
std::string_view first_line(std::string_view text) noexcept;
std::vector<std::string_view> split(std::string_view text, char separator);

// At most `limit` bytes, cut between UTF-8 characters, with a note of the full size when something was cut.
std::string cap(std::string_view text, std::size_t limit);

// Number of single-character edits, a swap of neighbours counted as one; upper and lower case are the same letter.
std::size_t edit_distance(std::string_view left, std::string_view right);

// The candidate that was probably meant: at most a third of its letters wrong. nullopt: nothing is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);

// "250ms", "30s", "5m", "2h", "1h30m". nullopt: not a duration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// "4096", "64KiB", "256MiB", "2GiB" (also K, M, G and KB, MB, GB, all powers of 1024). nullopt: not a size.
std::optional<std::uint64_t> parse_size(std::string_view text);

// For people: "0.4 ms", "12 ms", "1.25 s", "3 m 20 s", "2 h 05 m".
std::string format_duration(std::chrono::microseconds duration);
// For people: "812 B", "64 KiB", "1.5 MiB".
std::string format_size(std::uint64_t bytes);
// For people: "1,000,000".
std::string format_count(std::uint64_t count);
// A word as a shell needs it: unchanged where that is safe, else in quotes.
std::string shell_quote(std::string_view word);

// "1 script", "3 scripts".
std::string plural(std::uint64_t count, std::string_view noun);

}  // namespace base

#include "base/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <numeric>

namespace base {
namespace {

constexpr std::size_t k_bad = 0;

struct Point {
  std::uint32_t code = 0;
  std::size_t length = k_bad;  // bytes; k_bad: not the start of a valid sequence
};

bool is_continuation(unsigned char byte) noexcept {
  return (byte & 0xC0U) == 0x80U;
}

// Decodes one code point; refuses overlong forms, surrogates and anything past U+10FFFF.
Point decode(std::string_view bytes) noexcept {
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return {};
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t index = 1; index < length; ++index) {
    if (!is_continuation(at(index))) return {};
    code = (code << 6U) | (at(index) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {};
  return {code, length};
}

// Without the ASCII that it begins with, as far as eight bytes at a time go.
std::string_view after_ascii(std::string_view bytes) noexcept {
  constexpr std::uint64_t k_high_bits = 0x8080'8080'8080'8080;
  for (std::uint64_t eight = 0; bytes.size() >= sizeof eight; bytes.remove_prefix(sizeof eight)) {
    std::memcpy(&eight, bytes.data(), sizeof eight);
    if ((eight & k_high_bits) != 0) break;
  }
  return bytes;
}

// Controls, changes of direction, ends of line, and what nobody sees: marks, fillers, annotations, tags.
bool is_unsafe(std::uint32_t code) noexcept {
  const auto within = [code](std::uint32_t from, std::uint32_t to) { return code >= from && code <= to; };
  return code < 0x20 || within(0x7F, 0x9F) || code == 0xAD || code == 0x34F || code == 0x61C ||
         within(0x115F, 0x1160) || within(0x180B, 0x180F) || code == 0x3164 || code == 0xFFA0 ||
         within(0x200B, 0x200F) || within(0x2028, 0x202E) || within(0x2060, 0x206F) || code == 0xFEFF ||
         within(0xFFF9, 0xFFFB) || within(0xE0000, 0xE007F);
}

std::size_t columns(std::uint32_t code) noexcept {
  const auto within = [code](std::uint32_t from, std::uint32_t to) { return code >= from && code <= to; };
  if (within(0x300, 0x36F) || within(0xFE00, 0xFE0F) || within(0x20D0, 0x20FF)) return 0;
  if (within(0x1100, 0x115F) || within(0x2E80, 0xA4CF) || within(0xAC00, 0xD7A3) || within(0xF900, 0xFAFF) ||
      within(0xFE30, 0xFE6F) || within(0xFF00, 0xFF60) || within(0xFFE0, 0xFFE6) || within(0x1F300, 0x1FAFF) ||
      within(0x20000, 0x3FFFD))
    return 2;
  return 1;
}

enum class Lines { escaped, kept };

std::string escape_as(std::string_view bytes, Lines lines) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Point point = decode(bytes);
    if (point.length == k_bad) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
      bytes.remove_prefix(1);
      continue;
    }
    if (lines == Lines::kept && (point.code == '\n' || point.code == '\t'))
      out += bytes[0];
    else if (point.code == '\n')
      out += "\\n";
    else if (point.code == '\r')
      out += "\\r";
    else if (point.code == '\t')
      out += "\\t";
    else if (is_unsafe(point.code))
      out += point.code < 0x80 ? fmt::format("\\x{:02x}", point.code) : fmt::format("\\u{{{:x}}}", point.code);
    else
      out += bytes.substr(0, point.length);
    bytes.remove_prefix(point.length);
  }
  return out;
}

char lower(char letter) noexcept {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  for (bytes = after_ascii(bytes); !bytes.empty(); bytes = after_ascii(bytes)) {
    const Point point = decode(bytes);
    if (point.length == k_bad) return false;
    bytes.remove_prefix(point.length);
  }
  return true;
}

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Point point = decode(bytes);
    if (point.length == k_bad)
      out += "\xEF\xBF\xBD";
    else
      out += bytes.substr(0, point.length);
    bytes.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  return out;
}

std::string escape(std::string_view bytes) {
  return escape_as(bytes, Lines::escaped);
}

std::string escape_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const Point point = decode(json);
    const std::size_t length = std::max<std::size_t>(point.length, 1);
    constexpr std::uint32_t k_plane = 0x10000;
    if (point.code < 0x7F || !is_unsafe(point.code))
      out += json.substr(0, length);
    else if (point.code < k_plane)
      out += fmt::format("\\u{:04x}", point.code);
    else
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + ((point.code - k_plane) >> 10U),
                         0xDC00U + ((point.code - k_plane) & 0x3FFU));
    json.remove_prefix(length);
  }
  return out;
}

std::string html_entities(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char letter : text) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

std::string escape_lines(std::string_view bytes) {
  return escape_as(bytes, Lines::kept);
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const Point point = decode(text);
    width += point.length == k_bad ? 1 : columns(point.code);
    text.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const Point point = decode(text);
    const std::size_t length = std::max<std::size_t>(point.length, 1);
    const std::size_t step = point.length == k_bad ? 1 : columns(point.code);
    if (used + step > width - 1) break;
    out += text.substr(0, length);
    used += step;
    text.remove_prefix(length);
  }
  return out + "…";
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string_view paragraph : split(text, '\n')) {
    std::string line;
    for (const std::string_view word : split(paragraph, ' ')) {
      if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
        lines.push_back(std::move(line));
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += word;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view k_space = " \t\r\n\v\f";
  const std::size_t from = text.find_first_not_of(k_space);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(k_space) - from + 1);
}

std::string_view first_line(std::string_view text) noexcept {
  return text.substr(0, text.find('\n'));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string cap(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  while (end > 0 && limit - end < 4 && is_continuation(static_cast<unsigned char>(text[end]))) --end;
  return fmt::format("{} … [cut: {} bytes in all]", text.substr(0, end), text.size());
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1), last(right.size() + 1), row(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const bool same = lower(left[i - 1]) == lower(right[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(left[i - 1]) == lower(right[j - 2]) && lower(left[i - 2]) == lower(right[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[right.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word.substr(0, 200), candidate);
    if (distance < best_distance && distance <= std::max<std::size_t>(1, candidate.size() / 3)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  static constexpr Unit k_units[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  constexpr std::int64_t k_most = 1'000'000'000'000;  // some thirty years
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (fault != std::errc{} || count < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t letters = 0;
    while (letters < text.size() && std::isalpha(static_cast<unsigned char>(text[letters])) != 0) ++letters;
    const auto unit = std::find_if(std::begin(k_units), std::end(k_units),
                                   [&](const Unit& known) { return known.name == text.substr(0, letters); });
    if (unit == std::end(k_units) || count > k_most / unit->milliseconds) return std::nullopt;
    total += count * unit->milliseconds;
    if (total > k_most) return std::nullopt;
    text.remove_prefix(letters);
  }
  return std::chrono::milliseconds(total);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (fault != std::errc{}) return std::nullopt;
  std::string unit;
  for (const char letter : trim(text.substr(static_cast<std::size_t>(end - text.data())))) unit += lower(letter);
  unsigned shift = 0;
  if (unit.empty() || unit == "b")
    shift = 0;
  else if (unit == "k" || unit == "kb" || unit == "kib")
    shift = 10;
  else if (unit == "m" || unit == "mb" || unit == "mib")
    shift = 20;
  else if (unit == "g" || unit == "gb" || unit == "gib")
    shift = 30;
  else
    return std::nullopt;
  if (count > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return count << shift;
}

// The limits leave room for rounding: what would round up to the next unit is written in it.
std::string format_duration(std::chrono::microseconds duration) {
  const std::int64_t us = std::max<std::int64_t>(duration.count(), 0);
  if (us < 9'950) return fmt::format("{:.1f} ms", static_cast<double>(us) / 1e3);
  if (us < 999'500) return fmt::format("{} ms", (us + 500) / 1'000);
  if (us < 59'995'000) return fmt::format("{:.2f} s", static_cast<double>(us) / 1e6);
  const std::int64_t seconds = us / 1'000'000 + (us % 1'000'000 >= 500'000 ? 1 : 0);
  if (seconds < 3600) return fmt::format("{} m {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} m", seconds / 3600, seconds % 3600 / 60);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB"}) {
    if (size < 1023.5) break;
    size /= 1024;
    unit = next;
  }
  const double tenths = std::round(size * 10) / 10;
  const bool whole = tenths >= 10 || tenths == std::floor(tenths);
  return whole ? fmt::format("{:.0f} {}", size, unit) : fmt::format("{:.1f} {}", size, unit);
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string format_count(std::uint64_t count) {
  std::string text = fmt::format("{}", count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string shell_quote(std::string_view word) {
  constexpr std::string_view k_safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
  if (!word.empty() && word.find_first_not_of(k_safe) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (const char letter : word) {
    if (letter == '\'')
      quoted += "'\\''";
    else
      quoted += letter;
  }
  return quoted + "'";
}

}  // namespace base

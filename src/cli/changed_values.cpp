#include "cli/changed_values.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <variant>

#include "base/text.hpp"

namespace cli {
namespace {

constexpr std::size_t k_blob_shown = 16;      // bytes
constexpr std::size_t k_alike_shown = 12;     // bytes before a difference
constexpr std::size_t k_bytes_of_column = 4;  // of UTF-8: what cannot be shown anyway need not be escaped

bool is_inside_letter(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char letter : text) out.append(letter == quote ? 2 : 1, letter);
  return base::escape(out + quote);
}

// Enough of a text to fill so many columns, cut between letters.
std::string_view beginning_of(std::string_view text, std::size_t columns) {
  std::size_t end = std::min(text.size(), columns * k_bytes_of_column);
  while (end > 0 && is_inside_letter(text, end)) --end;
  return text.substr(0, end);
}

std::string number_text(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string blob_text(std::string_view bytes, std::size_t most) {
  std::string text = "x'";
  for (const char byte : bytes.substr(0, most)) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  if (bytes.size() <= most) return text + "'";
  return text + fmt::format("…' ({})", base::format_size(bytes.size()));
}

struct Teller {
  std::size_t blob_shown = std::string_view::npos;

  std::string operator()(core::Null) const { return "NULL"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return number_text(value); }
  std::string operator()(const std::string& value) const { return quoted(value, '\''); }
  std::string operator()(const core::Blob& value) const { return blob_text(value.bytes, blob_shown); }
};

// How many bytes of both are alike and may be left out.
std::size_t length_alike(std::string_view left, std::string_view right) {
  const auto differ = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  auto length = static_cast<std::size_t>(differ.first - left.begin());
  if (length <= 2 * k_alike_shown) return 0;
  length -= k_alike_shown;
  while (length > 0 && (is_inside_letter(left, length) || is_inside_letter(right, length))) --length;
  return length;
}

std::string short_text(std::string_view text, std::size_t skipped, std::size_t most) {
  const std::string rest = quoted(beginning_of(text.substr(skipped), most), '\'');
  return base::fit(skipped == 0 ? rest : "…" + rest, most);
}

}  // namespace

std::string value_text(const core::Value& value) {
  return std::visit(Teller{}, value);
}

std::string short_value_text(const core::Value& value, std::size_t most) {
  if (const auto* text = std::get_if<std::string>(&value)) return short_text(*text, 0, most);
  return base::fit(std::visit(Teller{k_blob_shown}, value), most);
}

std::pair<std::string, std::string> short_value_texts(const core::Value& before, const core::Value& after,
                                                      std::size_t most) {
  const auto* left = std::get_if<std::string>(&before);
  const auto* right = std::get_if<std::string>(&after);
  if (left == nullptr || right == nullptr) return {short_value_text(before, most), short_value_text(after, most)};
  const bool both_fit = std::max(left->size(), right->size()) + 2 <= most;
  const std::size_t skipped = both_fit ? 0 : length_alike(*left, *right);
  return {short_text(*left, skipped, most), short_text(*right, skipped, most)};
}

std::string name_text(std::string_view name) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return letter >= 0x80 || letter == '_' || letter == '.' || (letter >= '0' && letter <= '9') ||
           (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  });
  return plain ? base::escape(name) : quoted(name, '"');
}

}  // namespace cli

#include "core/script.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::size_t k_longest_name = 255;  // NAME_MAX of Linux, bytes
constexpr std::size_t k_longest_list = 1000;
constexpr std::string_view k_lua = ".lua";

// At most `length` bytes, without half a UTF-8 character at the end.
std::string_view cut(std::string_view text, std::size_t length) noexcept {
  if (text.size() <= length) return text;
  std::size_t end = length;
  while (end > 0 && length - end < 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end == 0 ? length : end);
}

}  // namespace

void cap(std::vector<std::string>& texts) {
  if (texts.size() > k_longest_list) texts.resize(k_longest_list);
  for (std::string& text : texts) text = base::cap(text, k_longest_word);
}

void cap(Declaration& declaration) {
  for (std::string* text : {&declaration.description, &declaration.database, &declaration.not_before,
                            &declaration.window, &declaration.args_fault})
    *text = base::cap(*text, k_longest_word);
  for (auto* texts : {&declaration.depends, &declaration.tags, &declaration.environments, &declaration.args})
    cap(*texts);
}

std::string_view number_of(std::string_view name) noexcept {
  const auto end = std::find_if(name.begin(), name.end(), [](char letter) { return letter < '0' || letter > '9'; });
  return name.substr(0, static_cast<std::size_t>(end - name.begin()));
}

std::string_view stem_of(std::string_view name) noexcept {
  return name.ends_with(k_lua) ? name.substr(0, name.size() - k_lua.size()) : name;
}

std::string command_word(std::string_view name) {
  const std::string_view stem = stem_of(name);
  const std::string quoted = base::shell_quote(stem);
  const std::string_view number = number_of(name);
  return quoted == stem || number.empty() ? base::escape(quoted) : std::string(number);
}

std::string numbered_name(std::string_view name, unsigned copy) {
  const std::string ending = fmt::format(".{}{}", copy, name.ends_with(k_lua) ? k_lua : "");
  return fmt::format("{}{}", cut(stem_of(name), k_longest_name - ending.size()), ending);
}

std::string unnumbered_name(std::string_view name) {
  const std::string_view stem = stem_of(name);
  const std::size_t dot = stem.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == stem.size()) return std::string(name);
  if (number_of(stem.substr(dot + 1)).size() != stem.size() - dot - 1) return std::string(name);
  return fmt::format("{}{}", stem.substr(0, dot), name.substr(stem.size()));
}

std::string error_note_name(std::string_view name) {
  constexpr std::string_view k_ending = ".error.txt";
  return fmt::format("{}{}", cut(name, k_longest_name - k_ending.size()), k_ending);
}

}  // namespace core

// How the texts of configuration values are read and told: the functions behind the table of config_keys. Each `set`
// gives false for a text that is not of its type, and then leaves a value that nobody uses.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cli {

// words: in the order of the enumerators.
template <class Enumeration>
bool set_word(Enumeration& member, std::span<const std::string_view> words, std::string_view text) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return false;
  member = static_cast<Enumeration>(found - words.begin());
  return true;
}

template <class Enumeration>
std::string word_of(Enumeration member, std::span<const std::string_view> words) {
  return std::string(words[static_cast<std::size_t>(member)]);
}

bool set_path(std::string& member, std::string_view text);  // not empty
bool set_text(std::string& member, std::string_view text);
bool set_checked(std::string& member, std::string_view text, bool (*is_good)(std::string_view));

bool set_duration(std::chrono::milliseconds& member, std::string_view text, std::chrono::milliseconds least);
bool set_poll(std::optional<std::chrono::milliseconds>& member, std::string_view text,
              std::chrono::milliseconds least);  // or "auto"
bool set_size(std::uint64_t& member, std::string_view text, std::uint64_t least, std::uint64_t most);
bool set_count(std::uint64_t& member, std::string_view text, std::uint64_t most);  // from 1 on
// Or "unlimited".
bool set_count_or_unlimited(std::uint64_t& member, std::string_view text);
bool set_size_or_unlimited(std::uint64_t& member, std::string_view text, std::uint64_t least);

// The shortest text that is read as the same value.
std::string duration_text(std::chrono::milliseconds duration);
std::string count_text(std::uint64_t count);
std::string size_text(std::uint64_t bytes);

bool are_hours(std::string_view text);  // of a guard; or empty

inline constexpr std::uint64_t k_most_size = std::uint64_t{1} << 40U;

}  // namespace cli

#include "cli/config_moves.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.hpp"

namespace cli {
namespace {

constexpr std::array k_moved = {Moved{"run.settle", "watch.settle"}};

std::string_view section_in(std::string_view key) noexcept {
  return key.substr(0, key.rfind('.'));
}

std::string_view leaf_in(std::string_view key) noexcept {
  return key.substr(key.rfind('.') + 1);
}

// One line of TOML as far as it is needed here. Texts over several lines are passed over.
struct Line {
  std::string_view text;
  std::string section;  // that it stands in
  std::string key;      // that it sets, with its section; empty: it sets none
  bool is_header = false;
};

// "[ watch ] # …" → "watch"; an array of tables has a name that no key has.
std::string header_in(std::string_view line) {
  const std::size_t end = line.find(']');
  return line.starts_with("[[") || end == std::string_view::npos ? std::string("[[")
                                                                 : std::string(base::trim(line.substr(1, end - 1)));
}

// The name before the equals sign, without quotes and the blanks around its dots.
std::string key_in(std::string_view line) {
  std::string key;
  for (const char sign : line.substr(0, line.find('=')))
    if (sign != ' ' && sign != '\t' && sign != '"' && sign != '\'') key += sign;
  return key;
}

bool opens_or_closes(std::string_view line, std::string_view quotes) {
  std::size_t count = 0;
  for (std::size_t at = line.find(quotes); at != std::string_view::npos; at = line.find(quotes, at + 3)) ++count;
  return count % 2 == 1;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::string section;
  std::string_view inside;  // the quotes of a text over several lines
  for (const std::string_view line : base::split(text, '\n')) {
    Line& told = lines.emplace_back(Line{line, section, {}, false});
    const std::string_view trimmed = base::trim(line);
    if (!inside.empty()) {
      if (opens_or_closes(line, inside)) inside = {};
      continue;
    }
    if (trimmed.starts_with('[')) {
      section = told.section = header_in(trimmed);
      told.is_header = true;
    } else if (!trimmed.empty() && !trimmed.starts_with('#') && trimmed.find('=') != std::string_view::npos) {
      told.key = (section.empty() ? "" : section + ".") + key_in(trimmed);
      for (const std::string_view quotes : {"\"\"\"", "'''"})
        if (opens_or_closes(line, quotes)) inside = quotes;
    }
  }
  return lines;
}

// Behind the last line of a section that says anything; nullopt: there is no such section.
std::optional<std::size_t> end_of(const std::vector<Line>& lines, std::string_view section) {
  std::optional<std::size_t> end;
  for (std::size_t at = 0; at < lines.size(); ++at)
    if (lines[at].section == section && !base::trim(lines[at].text).empty()) end = at + 1;
  return end;
}

bool sets(const std::vector<Line>& lines, std::string_view key) {
  return std::any_of(lines.begin(), lines.end(), [key](const Line& line) { return line.key == key; });
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t at = 0; at < lines.size(); ++at) text += (at == 0 ? "" : "\n") + lines[at];
  return text;
}

// Takes the line away and puts it to the others of its section.
void move_line(const Moved& moved, std::size_t at, MovedConfig& config) {
  const std::vector<Line> lines = lines_of(config.text);
  std::vector<std::string> texts;
  for (const Line& line : lines) texts.emplace_back(line.text);
  const std::string before = texts[at];
  const std::size_t equals = before.find('=');
  const std::string section(section_in(moved.to));
  const std::string after = fmt::format("{} {}", leaf_in(moved.to), before.substr(equals));
  std::string shown = after;
  if (lines[at].section.empty()) {
    texts[at] = shown = fmt::format("{} {}", moved.to, before.substr(equals));
  } else if (const auto end = end_of(lines, section)) {
    texts.insert(texts.begin() + static_cast<std::ptrdiff_t>(*end), after);
    texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(at < *end ? at : at + 1));
    shown = fmt::format("[{}] {}", section, after);
  } else {
    texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(at));
    while (!texts.empty() && texts.back().empty()) texts.pop_back();
    for (std::string line : {std::string(), fmt::format("[{}]", section), after, std::string()})
      texts.push_back(std::move(line));
    shown = fmt::format("[{}] {}", section, after);
  }
  config.lines.push_back({at + 1, before, shown});
  config.text = joined(texts);
}

}  // namespace

std::span<const Moved> moved_keys() noexcept {
  return k_moved;
}

std::string_view name_now(std::string_view key) noexcept {
  const auto found =
      std::find_if(k_moved.begin(), k_moved.end(), [key](const Moved& each) { return each.from == key; });
  return found == k_moved.end() ? std::string_view() : found->to;
}

MovedConfig move_keys(std::string_view text) {
  MovedConfig config{std::string(text), {}, {}};
  for (const Moved& moved : k_moved) {
    const std::vector<Line> lines = lines_of(config.text);
    const auto found =
        std::find_if(lines.begin(), lines.end(), [&](const Line& line) { return line.key == moved.from; });
    const auto number = static_cast<std::size_t>(found - lines.begin());
    if (found == lines.end()) continue;
    if (sets(lines, moved.to))
      config.by_hand.push_back(fmt::format("line {}: {} is called {} now, and that is set, too: remove one of them",
                                           number + 1, moved.from, moved.to));
    else if (opens_or_closes(found->text, "\"\"\"") || opens_or_closes(found->text, "'''"))
      config.by_hand.push_back(fmt::format("line {}: {} is called {} now", number + 1, moved.from, moved.to));
    else
      move_line(moved, number, config);
  }
  return config;
}

}  // namespace cli

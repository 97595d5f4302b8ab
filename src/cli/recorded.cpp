#include "cli/recorded.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/words.hpp"
#include "core/script.hpp"

namespace cli {
namespace {

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was changed.", std::move(next));
}

std::vector<std::string> names_like(const ledger::History& history, const std::string& word) {
  const std::string name = word.substr(word.rfind('/') + 1);
  const std::vector<std::string> names = history.names_like(name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return {name};
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t index = 0; index < names.size() && index < 8; ++index)
    text += fmt::format("{}{}", index == 0 ? "" : ", ", base::escape(names[index]));
  return names.size() > 8 ? text + ", …" : text;
}

std::optional<std::int64_t> id_of(const std::string& word) {
  std::int64_t id = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (fault != std::errc{} || end != word.data() + word.size() || id <= 0 || word.starts_with('0')) return std::nullopt;
  return id;
}

}  // namespace

std::string recorded_name(const ledger::History& history, const std::string& word) {
  const std::vector<std::string> names = names_like(history, word);
  if (names.size() == 1) return names.front();
  if (names.empty())
    refuse(fmt::format("the ledger knows no script \"{}\"", base::escape(word)),
           "fettle history   lists what was run, fettle status what is pending");
  refuse(fmt::format("\"{}\" fits several scripts: {}", base::escape(word), listed(names)),
         fmt::format("Say which one: {}", core::command_word(names.front())));
}

Found find_attempt(const ledger::History& history, const std::string& word) {
  if (const auto id = id_of(word)) {
    if (auto attempt = history.attempt(*id)) {
      const std::vector<std::string> names = names_like(history, word);
      return {.attempt = std::move(*attempt), .also = names.empty() ? std::string() : names.front()};
    }
    if (names_like(history, word).empty())
      refuse(fmt::format("there is no attempt {}, and no script of that number was run", *id), "fettle history");
  }
  const std::string name = recorded_name(history, word);
  if (auto attempt = history.latest(name)) return {.attempt = std::move(*attempt), .also = {}};
  refuse(fmt::format("{} was never attempted", base::escape(name)), "fettle status");
}

}  // namespace cli

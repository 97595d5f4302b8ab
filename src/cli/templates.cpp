#include "cli/templates.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace cli {
namespace {

constexpr std::string_view k_comment = "-- ";
constexpr std::string_view k_description = "\"%TITLE%\"";

std::string lua_quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : base::escape(text)) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "\"";
}

}  // namespace

const Template& find_template(std::string_view name) {
  const std::span<const Template> all = templates();
  const auto found = std::find_if(all.begin(), all.end(), [name](const Template& each) { return each.name == name; });
  if (found != all.end()) return *found;
  std::vector<std::string_view> names;
  for (const Template& each : all) names.push_back(each.name);
  const auto near = base::nearest(name, names);
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("there is no template \"{}\"{}", base::escape(base::cap(name, 80)),
                                near ? fmt::format("; did you mean {}?", *near) : std::string()),
                    "No file was made.", "fettle new --list");
}

std::string_view summary_of(const Template& pattern) noexcept {
  return base::first_line(pattern.text).substr(k_comment.size());
}

std::string script_from(const Template& pattern, std::string_view description) {
  std::string text(pattern.text.substr(pattern.text.find('\n') + 1));
  text.replace(text.find(k_description), k_description.size(), lua_quote(description));
  return text;
}

}  // namespace cli

#include <algorithm>
#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "folder/folders.hpp"

namespace cli {
namespace {

std::string section_of(const std::string& key) {
  return key.substr(0, key.rfind('.'));
}

// A TOML string: JSON's escapes are TOML's, but for the slash, which it does not escape.
std::string assignment(const Setting& setting) {
  const Key* const key = find_key(setting.key);
  const bool is_boolean = key != nullptr && key->takes == Takes::boolean;
  return fmt::format("{} = {}", setting.key.substr(setting.key.rfind('.') + 1),
                     is_boolean ? setting.value : base::json_quote(setting.value));
}

std::size_t origin_column(const std::vector<Setting>& settings) {
  std::size_t column = 0;
  for (const Setting& setting : settings) column = std::max(column, base::display_width(assignment(setting)));
  return std::min<std::size_t>(column, 44);
}

// With -v: what the key means, what it takes and the variable that overrides it.
void print_help_of(const Context& context, const std::string& name) {
  const bool database = name.starts_with("databases.");
  const Key* key = find_key(database ? "databases.NAME" + name.substr(name.rfind('.')) : name);
  if (key == nullptr) return;
  const std::string variable = key->source == Source::file ? "in this file only" : environment_name(name);
  const std::string help = fmt::format("{}: {} ({})", key->help, key->type, variable);
  for (const std::string& line : paragraph(help, context.style.width - 2))
    context.print(context.style.paint(Colour::dim, "# " + line) + "\n");
}

}  // namespace

int config_show_command(const Context& context) {
  if (context.arguments.json) {
    context.print(config_show_json(context.loaded) + "\n");
    return 0;
  }
  const std::size_t column = origin_column(context.loaded.settings);
  std::string section;
  context.print(context.style.paint(Colour::dim, fmt::format("# {}", base::escape(context.config().file))) + "\n");
  for (const Setting& setting : context.loaded.settings) {
    if (section_of(setting.key) != section) {
      section = section_of(setting.key);
      context.print(context.style.paint(Colour::bold, fmt::format("\n[{}]", section)) + "\n");
    }
    if (context.arguments.talk == Talk::verbose) print_help_of(context, setting.key);
    const std::string line = base::escape(assignment(setting));
    if (context.arguments.origin)
      context.print(
          fmt::format("{}  {}\n", pad(line, column), context.style.paint(Colour::dim, "# " + setting.origin)));
    else
      context.print(line + "\n");
  }
  context.warn(context.loaded.warnings);
  return 0;
}

int config_check_command(const Context& context) {
  const core::Config& config = context.config();
  (void)folder::Folders::open(config, folder::Missing::is_empty);
  if (context.arguments.json) {
    context.print(config_check_json(context.loaded) + "\n");
    return 0;
  }
  context.print(fmt::format("{} is in order.\n", base::escape(config.file)));
  for (const core::DatabaseConfig& database : config.databases)
    context.print(
        fmt::format("database {}: {}\n", database.name, base::escape(shown_url(context.loaded, database.name))));
  if (config.databases.empty()) context.say("warning: no database is configured; run and plan need one\n");
  context.warn(context.loaded.warnings);
  return 0;
}

}  // namespace cli

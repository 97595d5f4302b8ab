#include <algorithm>
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/editor_help.hpp"
#include "cli/json_output.hpp"
#include "cli/new_file.hpp"
#include "cli/numbering.hpp"
#include "cli/templates.hpp"
#include "folder/folders.hpp"

namespace cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> all_names(const folder::Folders& folders) {
  std::vector<std::string> all;
  for (const folder::Place place : {folder::Place::scripts, folder::Place::succeeded, folder::Place::failed}) {
    const folder::Listing listing = folders.list(place);
    all.insert(all.end(), listing.names.begin(), listing.names.end());
    for (const core::Ignored& ignored : listing.ignored)
      if (ignored.name.ends_with(".lua")) all.push_back(ignored.name);
  }
  return all;
}

int list_templates(const Context& context) {
  if (context.arguments.json) {
    context.print(templates_json(templates(), k_plain_template) + "\n");
    return 0;
  }
  std::size_t column = 0;
  for (const Template& each : templates()) column = std::max(column, each.name.size() + 2);
  for (const Template& each : templates()) {
    std::string_view name = each.name;
    for (const std::string& line : paragraph(summary_of(each), context.style.width - column)) {
      context.print(pad(name, column) + line + "\n");
      name = "";
    }
  }
  return 0;
}

void tell(const Context& context, const std::vector<std::pair<std::string, std::string>>& made,
          const EditorHelp& help) {
  if (context.arguments.json)
    context.print(new_json(made, help) + "\n");
  else
    context.print(made.at(1).second + "\n");
  context.warn(help.warnings);
  std::vector<std::string> written = help.created;
  written.insert(written.end(), help.updated.begin(), help.updated.end());
  if (context.arguments.talk == Talk::quiet || written.empty()) return;
  context.say(fmt::format("for your editor: {}\n", fmt::join(written, ", ")));
}

}  // namespace

int new_command(const Context& context) {
  const std::string& wanted = context.arguments.pattern;
  if (context.arguments.list) return list_templates(context);
  const Template& pattern = find_template(wanted.empty() ? k_plain_template : wanted);
  const std::string title = joined(context.arguments.words);
  const std::string slug = slug_of(title);
  if (slug.empty())
    throw base::Error(base::ErrorKind::usage, "this title has no letter or digit", "No file was made.",
                      "fettle new clear orphaned menu rows");
  const core::Config config = load_config(context.arguments.config_file, process_environment()).config;
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const std::string name = fmt::format("{}_{}.lua", next_number(all_names(folders)), slug);
  if (make_file(config.path(config.folders.scripts) + "/" + name, script_from(pattern, title)) == Made::kept)
    throw base::Error(base::ErrorKind::usage, fmt::format("{} was made by somebody else at this moment", name),
                      "Nothing was overwritten.", "Try again.");
  tell(context,
       {{"script", name},
        {"path", folders.display(folder::Place::scripts, name)},
        {"template", std::string(pattern.name)}},
       write_editor_help(config));
  return 0;
}

}  // namespace cli

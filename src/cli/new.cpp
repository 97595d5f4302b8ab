#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/new_file.hpp"
#include "cli/numbering.hpp"
#include "folder/folders.hpp"

namespace cli {
namespace {

// Both functions raise an error until they are written: run by accident, it changes nothing and lands among the failed.
constexpr std::string_view k_template = R"lua(-- {name}
return {{
  description = {title},

  -- Is there anything to do? Reads only; returns true or false.
  shouldRun = function()
    error("{name}: shouldRun() is not written yet")
    -- return db.value("select count(*) from menu where page_id is null") > 0
  end,

  -- Does it, in one transaction that is rolled back on any error.
  execute = function()
    error("{name}: execute() is not written yet")
    -- local n = db.exec("delete from menu where page_id is null")
    -- return {{ executed = true, message = ("removed %d rows"):format(n), rows = n }}
  end,
}}
)lua";

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

std::string lua_quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : base::escape(text)) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "\"";
}

}  // namespace

int new_command(const Context& context) {
  const std::string title = joined(context.arguments.words);
  const std::string slug = slug_of(title);
  if (slug.empty())
    throw base::Error(base::ErrorKind::usage, "this title has no letter or digit", "No file was made.",
                      "fettle new clear orphaned menu rows");
  const core::Config& config = context.config();
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const std::string name = fmt::format("{}_{}.lua", next_number(all_names(folders)), slug);
  const std::string text = fmt::format(k_template, fmt::arg("name", name), fmt::arg("title", lua_quote(title)));
  if (make_file(config.path(config.folders.scripts) + "/" + name, text) == Made::kept)
    throw base::Error(base::ErrorKind::usage, fmt::format("{} was made by somebody else at this moment", name),
                      "Nothing was overwritten.", "Try again.");
  const std::string path = folders.display(folder::Place::scripts, name);
  if (context.arguments.json)
    context.print(object_json({{"script", name}, {"path", path}}) + "\n");
  else
    context.print(path + "\n");
  return 0;
}

}  // namespace cli

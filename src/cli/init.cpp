#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/editor_help.hpp"
#include "cli/json_output.hpp"
#include "cli/new_file.hpp"

namespace cli {
namespace {

constexpr std::string_view k_config =
    R"toml(# fettle runs the scripts that lie in fix-scripts/ against this database, in the order of their names.
# All keys with their values: fettle config show --origin

[folders]
scripts = "fix-scripts"          # pending: what lies here is run
succeeded = "successfully-ran"   # ran, or was not needed
failed = "failed"                # each beside a file that says why

[databases.main]
url = "sqlite:app.db"            # secrets: ${NAME} from the environment, or url_file = "PATH"

[run]
timeout = "5m"                   # of one script
on_failure = "continue"          # or "stop"

[backup]
before_run = false               # true: save everything before each run (fettle backup list)
)toml";

constexpr std::string_view k_hello =
    R"lua(-- A first script: copy it into the folder of pending scripts, then: fettle run
---@type fettle.Script
return {
  description = "Make a table of greetings and fill it",
  shouldRun = function()
    return not db.hasTable("greeting")
  end,
  execute = function()
    db.exec("create table greeting (id integer primary key, words text)")
    local count = 0
    for _, words in ipairs({ "hello", "hallo", "bonjour" }) do
      count = count + db.exec("insert into greeting (words) values (?)", words)
    end
    log.info("%d greetings written", count)
    local message = ("wrote %d greetings"):format(count)
    return { executed = true, message = message, rows = count }
  end,
}
)lua";

constexpr std::string_view k_hello_name = "001_hello.lua";

// What was made and what was there, as the person will read it.
struct Progress {
  std::string root;  // as typed, with a slash; empty: here
  std::vector<std::string> created, updated, kept;
  std::vector<std::string> warnings;

  void note(Made made, const std::string& name) { (made == Made::created ? created : kept).push_back(name); }
  void file(const std::string& name, std::string_view text) { note(make_file(root + name, text), name); }
  void help(const EditorHelp& help) {
    created.insert(created.end(), help.created.begin(), help.created.end());
    updated.insert(updated.end(), help.updated.begin(), help.updated.end());
    kept.insert(kept.end(), help.kept.begin(), help.kept.end());
    warnings.insert(warnings.end(), help.warnings.begin(), help.warnings.end());
  }
};

std::string root_of(const std::vector<std::string>& words) {
  if (words.empty() || words.front() == "." || words.front().empty()) return {};
  return words.front().ends_with('/') ? words.front() : words.front() + "/";
}

std::string below(const std::string& root, const std::string& configured) {
  return configured.starts_with('/') ? configured : root + configured;
}

std::vector<std::string> next_steps(const Progress& progress, const std::string& scripts) {
  std::vector<std::string> steps;
  if (!progress.root.empty()) steps.push_back(fmt::format("cd {}", base::shell_quote(progress.root)));
  steps.push_back(fmt::format("cp scripts-example/{} {}/", k_hello_name, base::shell_quote(scripts)));
  steps.emplace_back("fettle run");
  steps.emplace_back("fettle history");
  return steps;
}

void tell(const Context& context, const Progress& progress, const std::vector<std::string>& steps) {
  if (context.arguments.json)
    return context.print(lists_json({{"created", progress.created},
                                     {"updated", progress.updated},
                                     {"kept", progress.kept},
                                     {"next", steps},
                                     {"warnings", progress.warnings}}) +
                         "\n");
  if (context.arguments.talk == Talk::quiet) return;
  const auto list = [&](Colour colour, std::string_view what, const std::vector<std::string>& names) {
    for (const std::string& name : names)
      context.print(fmt::format("{}  {}\n", context.style.paint(colour, what), base::escape(progress.root + name)));
  };
  list(Colour::green, "created", progress.created);
  list(Colour::green, "updated", progress.updated);
  list(Colour::dim, "kept   ", progress.kept);
  context.print("\nNext:\n");
  for (const std::string& step : steps) context.print(fmt::format("  {}\n", base::escape(step)));
}

// What k_config says of folders and databases; the environment has no say in what is made.
core::Config config_of_init(const std::string& root) {
  core::Config config;
  config.directory = root.empty() ? "." : root;
  config.databases.push_back({.name = "main", .url = {}});
  return config;
}

}  // namespace

// A config.toml that is there already decides which folders are made, and its databases are not touched.
int init_command(const Context& context) {
  Progress progress;
  progress.root = root_of(context.arguments.words);
  if (!progress.root.empty()) (void)make_folder(progress.root.substr(0, progress.root.size() - 1));
  progress.file("config.toml", k_config);
  const bool fresh = progress.kept.empty();
  const core::Config config =
      fresh ? config_of_init(progress.root) : load_config(progress.root + "config.toml", process_environment()).config;
  const core::FolderConfig& folders = config.folders;
  for (const std::string& folder : {folders.scripts, folders.succeeded, folders.failed})
    progress.note(make_folder(below(progress.root, folder)), folder + "/");
  if (fresh) progress.file("app.db", "");
  progress.note(make_folder(progress.root + "scripts-example"), "scripts-example/");
  progress.file(fmt::format("scripts-example/{}", k_hello_name), k_hello);
  progress.help(write_editor_help(config));
  tell(context, progress, next_steps(progress, folders.scripts));
  context.warn(progress.warnings);
  return 0;
}

}  // namespace cli

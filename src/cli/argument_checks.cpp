#include "cli/argument_checks.hpp"

#include <fmt/format.h>
#include <string>

#include "cli/argument_values.hpp"

namespace cli {

void check_words(const Arguments& out) {
  const std::string help = fmt::format("fettle {} --help", out.command);
  const std::size_t most = out.command == "init" || out.command == "show" || out.command == "cancel" ? 1 : ~0U;
  if (out.words.size() > most)
    refuse(fmt::format("fettle {} takes one word, not {}", out.command, out.words.size()), help);
  if (out.command == "add" && out.words.size() != 1) refuse("fettle add takes one file", help);
  if (out.words.empty() && out.command == "new" && !out.list) refuse("fettle new needs a title", help);
  if (!out.words.empty() && out.list) refuse("fettle new --list takes no title", help);
  if (out.command == "show" && out.words.empty() == (out.preview_run == 0))
    refuse(out.words.empty() ? "fettle show needs the number of an attempt, or a script"
                             : "name an attempt or a script, or say --preview RUN, not both",
           help);
  if ((out.command == "token add" || out.command == "token revoke") && out.words.size() != 1)
    refuse(fmt::format("{} takes one name", out.command), help);
  if ((out.command == "request approve" || out.command == "request refuse") && out.words.size() != 1)
    refuse(fmt::format("{} takes the number of one request", out.command), "fettle request list");
  if (out.request != 0 && (out.dry_run || out.force || !out.words.empty()))
    refuse("--request names the scripts, and they run for real and once", help);
  if (out.command == "backup restore" && out.words.size() != 1) refuse("name one backup", "fettle backup list");
  if (out.command == "backup verify" && out.all && !out.words.empty())
    refuse("name backups or say --all, not both", help);
  if (out.command == "import" && !out.list) {
    if (out.words.size() != 1) refuse("import takes one tool, or auto; fettle import --list names them", help);
    if (out.from.empty() && out.connection.empty())
      refuse("say where the history lies: --from URL|FILE|FOLDER, or --connection NAME", help);
  }
  if (out.csv && out.json) refuse("say --csv or --json, not both", help);
  if (out.command == "mark" && out.words.size() != 2)
    refuse("mark takes a script and one of: succeeded, failed, pending", help);
  if (!out.script_arguments.empty() && out.words.empty())
    refuse("--arg is for scripts that are named", fmt::format("fettle {} 007 --arg limit=100", out.command));
  const int ways =
      (out.words.empty() ? 0 : 1) + (out.run != 0 ? 1 : 0) + (out.since ? 1 : 0) + (out.steps != 0 ? 1 : 0);
  if (out.command == "rollback" && ways != 1)
    refuse(ways == 0 ? "say what to roll back: scripts, --run, --since or --steps"
                     : "say what to roll back in one way: scripts, --run, --since or --steps",
           help);
  if (out.command == "retry" && out.all != out.words.empty())
    refuse(out.all ? "name scripts or say --all, not both" : "say which scripts to retry, or --all", help);
}

}  // namespace cli

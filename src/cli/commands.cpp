#include "cli/commands.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/config_keys.hpp"
#include "cli/json_output.hpp"
#include "os/log.hpp"
#include "watch/supervised.hpp"

namespace cli {
namespace {

constexpr std::array k_commands = {
    Command{{"init", "Set up config.toml, the three folders and an example", "fettle init shop"},
            Needs::nothing,
            init_command},
    Command{{"new", "Start a new script with the next number", "fettle new -t clean-rows clear orphaned menu rows"},
            Needs::nothing,  // a list needs no configuration
            new_command},
    Command{
        {"add", "Check a script and put it among the pending ones", "fettle add 007_clear_menu.lua --reason ticket"},
        Needs::log,
        add_command},
    Command{
        {"check", "Look for mistakes in scripts; opens no database", "fettle check 007"}, Needs::log, check_command},
    Command{
        {"plan", "Say what a run would do, and why; changes nothing", "fettle plan"}, Needs::database, plan_command},
    Command{{"run", "Run what is pending, in order, once", "fettle run --reason \"ticket 4711\""},
            Needs::database,
            run_scripts_command},
    Command{{"watch", "Run scripts by itself as they are dropped in", "fettle watch"}, Needs::config, watch_command},
    Command{{"serve", "Show the page, and run what is pressed there", "fettle serve"}, Needs::config, serve_command},
    Command{{"status", "What is pending, failed and ignored, and who runs", "fettle status --exit-code"},
            Needs::config,
            status_command},
    Command{{"history", "List attempts, newest first", "fettle history --outcome failed --since 2h"},
            Needs::config,
            history_command},
    Command{{"show", "One attempt in full: text, log, result, error", "fettle show 12"}, Needs::config, show_command},
    Command{{"retry", "Bring failed scripts back and run just those", "fettle retry 006"}, Needs::log, retry_command},
    Command{{"rollback", "Take applied scripts back, by their rollback()", "fettle rollback 007 --dry-run"},
            Needs::database,
            rollback_command},
    Command{{"cancel", "Stop the run that goes on, or its script at work", "fettle cancel --reason \"wrong window\""},
            Needs::config,
            cancel_command},
    Command{
        {"pause", "Let no further script begin", "fettle pause --reason \"release\""}, Needs::config, pause_command},
    Command{{"resume", "Let a paused run go on", "fettle resume"}, Needs::config, resume_command},
    Command{{"ledger verify", "Find what somebody else changed in the audit file", "fettle ledger verify --head"},
            Needs::config,
            ledger_verify_command},
    Command{{"ledger info", "What the audit file is and holds", "fettle ledger info --json"},
            Needs::config,
            ledger_info_command},
    Command{{"ledger show", "Where and how the audit file is kept", "fettle ledger show"},
            Needs::config,
            ledger_show_command},
    Command{{"ledger health", "A quick look at the audit file, for monitoring", "fettle ledger health --json"},
            Needs::config,
            ledger_health_command},
    Command{{"ledger validate", "Read all of it: pages, structure, chain", "fettle ledger validate"},
            Needs::config,
            ledger_validate_command},
    Command{{"ledger test", "Try and time its commits, beside it", "fettle ledger test"},
            Needs::config,
            ledger_test_command},
    Command{{"ledger metrics", "What it holds, and how attempts went", "fettle ledger metrics --json"},
            Needs::config,
            ledger_metrics_command},
    Command{{"ledger analyze", "What scripts cost: slowest, failures, trend", "fettle ledger analyze --limit 10"},
            Needs::config,
            ledger_analyze_command},
    Command{{"ledger optimize", "Write it anew without unused space", "fettle ledger optimize"},
            Needs::config,
            ledger_optimize_command},
    Command{{"ledger prune", "Remove old log lines, rows and previews", "fettle ledger prune --keep 90d --dry-run"},
            Needs::config,
            ledger_prune_command},
    Command{{"ledger list", "Where a ledger can lie, and where this one does", "fettle ledger list"},
            Needs::config,
            ledger_list_command},
    Command{{"ledger init", "Make an empty audit file", "fettle ledger init"}, Needs::config, ledger_init_command},
    Command{{"ledger export", "Write all of the audit file elsewhere", "fettle ledger export --to jsonl:ledger.jsonl"},
            Needs::config,
            ledger_export_command},
    Command{{"ledger import", "Bring an exported audit file back", "fettle ledger import --from jsonl:ledger.jsonl"},
            Needs::config,
            ledger_import_command},
    Command{{"ledger migrate", "Take an audit file from one place to another",
             "fettle ledger migrate --from jsonl:ledger.jsonl --to sqlite:.fettle/ledger.db"},
            Needs::config,
            ledger_migrate_command},
    Command{{"backup create", "Save ledger, databases and scripts", "fettle backup create --reason release"},
            Needs::log,
            backup_create_command},
    Command{{"backup list", "What backups there are, newest first", "fettle backup list --json"},
            Needs::config,
            backup_list_command},
    Command{{"backup verify", "Read a backup whole and look for faults", "fettle backup verify --all"},
            Needs::config,
            backup_verify_command},
    Command{{"backup restore", "Put back what a backup holds", "fettle backup restore NAME --into saved"},
            Needs::log,
            backup_restore_command},
    Command{{"backup prune", "Remove backups that are too many or too old", "fettle backup prune --keep 5 --dry-run"},
            Needs::log,
            backup_prune_command},
    Command{{"request run", "Ask others to agree to a run of what is pending", "fettle request run --reason release"},
            Needs::log,
            request_run_command},
    Command{{"request list", "Who asked for which run, and what others said", "fettle request list"},
            Needs::config,
            request_list_command},
    Command{{"request approve", "Say yes to a run that somebody asked for", "fettle request approve 12"},
            Needs::config,
            request_approve_command},
    Command{{"request refuse", "Say no to it", "fettle request refuse 12 --reason early"},
            Needs::config,
            request_refuse_command},
    Command{{"token add", "Let somebody use the page and the API", "fettle token add anna --scope run"},
            Needs::config,
            token_add_command},
    Command{{"token list", "Who may use the page, and until when", "fettle token list --json"},
            Needs::config,
            token_list_command},
    Command{{"token revoke", "Let somebody not use the page any more", "fettle token revoke anna"},
            Needs::config,
            token_revoke_command},
    Command{{"mark", "Declare what became of a script", "fettle mark 007 succeeded --reason checked"},
            Needs::log,
            mark_command},
    Command{{"import", "Take over what another tool has applied", "fettle import auto --from app.db --dry-run"},
            Needs::config,
            import_command},
    Command{
        {"repair", "Finish what a crash left half done", "fettle repair --dry-run"}, Needs::database, repair_command},
    Command{{"unlock", "Say who holds the lock; break a dead host's", "fettle unlock"}, Needs::config, unlock_command},
    Command{{"doctor", "Try kernel, folders, ledger and databases", "fettle doctor"}, Needs::log, doctor_command},
    Command{{"config show", "Print the configuration in force", "fettle config show --origin"},
            Needs::config,
            config_show_command},
    Command{{"config check", "Look for mistakes in config.toml", "fettle config check"},
            Needs::config,
            config_check_command},
    Command{{"config migrate", "Rename keys that are called otherwise now", "fettle config migrate --dry-run"},
            Needs::nothing,  // what it mends cannot be loaded
            config_migrate_command},
    Command{{"version", "Print the version of fettle and of the kernel", "fettle version --json"},
            Needs::nothing,
            version_command},
};

const Command& find_command(std::string_view name) {
  const auto found = std::find_if(k_commands.begin(), k_commands.end(),
                                  [name](const Command& command) { return command.about.name == name; });
  if (found == k_commands.end()) throw base::Error(base::ErrorKind::internal, fmt::format("no function for {}", name));
  return *found;
}

void open_needs(Context& context, Needs needs) {
  if (needs == Needs::nothing) return;
  std::optional<std::string> text;
  if (context.arguments.supervised) text = watch::handed_config();
  context.loaded = load_config(context.arguments.config_file, process_environment(), std::move(text));
  if (needs == Needs::config) return;
  os::start_log(log_settings(context.config()));
  if (needs == Needs::database) require_database(context.loaded);
}

}  // namespace

os::LogSettings log_settings(const core::Config& config) {
  os::LogSettings settings;
  settings.level = find_key("log.level")->get(config);
  settings.file = config.log.file.empty() ? std::string() : config.path(config.log.file);
  settings.json = config.log.format == core::LogFormat::json;
  return settings;
}

namespace {

// A full disk must not look like success; a reader that had enough is no fault.
int finish_output(std::FILE* out, int code) {
  flush(out);
  if (std::ferror(out) == 0 || write_fault() == EPIPE) return code;
  errno = write_fault();
  base::throw_errno(base::ErrorKind::io, "cannot write to stdout",
                    "What the command did is done and recorded; only its output is not complete.", "fettle history");
}

bool wants_json(int argc, char** argv) noexcept {
  for (int index = 1; index < argc; ++index)
    if (std::string_view(argv[index]) == "--json") return true;
  return false;
}

}  // namespace

void Context::warn(const std::vector<std::string>& warnings) const {
  if (arguments.talk == Talk::quiet) return;
  for (const std::string& warning : warnings) {
    std::string label = "warning: ";
    for (const std::string& line : paragraph(warning, style.width - label.size())) {
      say(style.paint(Colour::yellow, label) + line + "\n");
      label.assign(label.size(), ' ');
    }
  }
}

bool is_agreed(const Context& context, std::string_view question, std::string_view what) {
  if (context.arguments.yes) return true;
  if (::isatty(STDIN_FILENO) == 0 || context.arguments.json)
    throw base::Error(base::ErrorKind::usage, fmt::format("{} asks first, and nobody can answer here", what),
                      "Nothing was changed.", "Say --yes, or look first: --dry-run");
  context.say(fmt::format("{} [y/N] ", question));
  flush(context.talk);
  std::array<char, 16> answer{};
  const ssize_t count = ::read(STDIN_FILENO, answer.data(), answer.size());
  return count > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

void enter(const std::string& directory) {
  if (directory.empty() || ::chdir(directory.c_str()) == 0) return;
  base::throw_errno(base::ErrorKind::usage, fmt::format("cannot work in {}", base::escape(directory)),
                    "Nothing was run or changed.", "Name a folder that exists: fettle -C DIR …");
}

std::span<const Command> commands() noexcept {
  return k_commands;
}

std::vector<CommandName> command_names() {
  std::vector<CommandName> names;
  for (const Command& command : k_commands) names.push_back(command.about);
  return names;
}

int execute(const Arguments& arguments, std::FILE* out, std::FILE* talk) {
  if (!arguments.help.empty()) {
    put(out, arguments.help);
    return finish_output(out, 0);
  }
  enter(arguments.directory);
  const Command& command = find_command(arguments.command);
  const ColourWish wish = arguments.no_color || arguments.json ? ColourWish::never : ColourWish::automatic;
  Context context{.arguments = arguments, .loaded = {}, .style = style_of_terminal(wish), .out = out, .talk = talk};
  open_needs(context, command.needs);
  return finish_output(out, command.function(context));
}

Arguments arguments_of(int argc, char** argv) {
  return parse_arguments({argv + std::min(argc, 1), argv + argc}, command_names());
}

int run_command(int argc, char** argv) {
  if (argc < 2) {
    put(stderr, top_help(command_names()));
    return base::exit_code(base::ErrorKind::usage);
  }
  return execute(arguments_of(argc, argv), stdout, stderr);
}

int report_error(const base::Error& error, int argc, char** argv) {
  put(stderr, error_text(error, style_of_terminal(ColourWish::never)));
  if (wants_json(argc, argv)) put(stdout, error_json(error) + "\n");
  flush(stdout);
  return base::exit_code(error.kind());
}

}  // namespace cli

// The table of commands: what each is called, what must be open before it starts, and the function that does it. Lives
// in the process that the person started; `run`, `retry`, `plan` and `check` start helpers of their own (runner).
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/config_file.hpp"
#include "cli/style.hpp"
#include "os/log.hpp"

namespace cli {

enum class Needs {
  nothing,
  config,    // a readable config.toml
  log,       // that, and the operator's log
  database,  // that, and at least one configured database
};

// What a command function gets. Results go to `out`, talk to `talk`.
struct Context {
  const Arguments& arguments;
  LoadedConfig loaded;  // empty for Needs::nothing
  Style style;
  std::FILE* out = stdout;
  std::FILE* talk = stderr;

  const core::Config& config() const noexcept { return loaded.config; }
  void print(std::string_view text) const noexcept { put(out, text); }
  void say(std::string_view text) const noexcept { put(talk, text); }
  void warn(const std::vector<std::string>& warnings) const;  // one line each, nothing when quiet
};

struct Command {
  CommandName about;
  Needs needs;
  int (*function)(const Context&);  // gives the exit code
};

std::span<const Command> commands() noexcept;
std::vector<CommandName> command_names();

// Parsed words → exit code. Throws base::Error. Changes the working directory for -C.
int execute(const Arguments& arguments, std::FILE* out, std::FILE* talk);

// For programs that become one command: the words after the program's name, parsed; where -C leads.
Arguments arguments_of(int argc, char** argv);
void enter(const std::string& directory);

// For main: the whole program. Throws base::Error.
int run_command(int argc, char** argv);

// Tells the error on stderr, and on stdout as JSON when the command line says --json. Gives the exit code.
int report_error(const base::Error& error, int argc, char** argv);

// Asks a person, unless --yes says so already: "Roll back?". Throws Error(usage) where nobody can answer; what: of that
// error, "a rollback".
bool is_agreed(const Context& context, std::string_view question, std::string_view what);

// Where the operator's log goes. No process but the watcher begins new files.
os::LogSettings log_settings(const core::Config& config);

int init_command(const Context& context);
int new_command(const Context& context);
int add_command(const Context& context);
int check_command(const Context& context);
int plan_command(const Context& context);
int run_scripts_command(const Context& context);
int watch_command(const Context& context);
int serve_command(const Context& context);
int status_command(const Context& context);
int history_command(const Context& context);
int show_command(const Context& context);
int retry_command(const Context& context);
int ledger_verify_command(const Context& context);
int ledger_info_command(const Context& context);
int ledger_show_command(const Context& context);
int ledger_test_command(const Context& context);
int ledger_validate_command(const Context& context);
int ledger_health_command(const Context& context);
int ledger_metrics_command(const Context& context);
int ledger_analyze_command(const Context& context);
int ledger_optimize_command(const Context& context);
int ledger_prune_command(const Context& context);
int ledger_list_command(const Context& context);
int ledger_init_command(const Context& context);
int ledger_export_command(const Context& context);
int ledger_import_command(const Context& context);
int ledger_migrate_command(const Context& context);
int rollback_command(const Context& context);
int pause_command(const Context& context);
int resume_command(const Context& context);
int cancel_command(const Context& context);
int backup_create_command(const Context& context);
int backup_list_command(const Context& context);
int backup_verify_command(const Context& context);
int backup_restore_command(const Context& context);
int backup_prune_command(const Context& context);
int mark_command(const Context& context);
int request_run_command(const Context& context);
int request_list_command(const Context& context);
int request_approve_command(const Context& context);
int request_refuse_command(const Context& context);
int token_add_command(const Context& context);
int token_list_command(const Context& context);
int token_revoke_command(const Context& context);
int import_command(const Context& context);
int repair_command(const Context& context);
int unlock_command(const Context& context);
int doctor_command(const Context& context);
int config_show_command(const Context& context);
int config_check_command(const Context& context);
int config_migrate_command(const Context& context);
int version_command(const Context& context);

}  // namespace cli

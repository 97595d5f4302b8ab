// The command line as plain data. The only place that includes CLI11. Lives at the start of every command; opens
// nothing. Throws base::Error(usage) with the nearest known word.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.hpp"
#include "core/script.hpp"

namespace cli {

enum class Talk { quiet, normal, verbose };

// What a command is called and how it is explained; the table stands in cli/commands.
struct CommandName {
  std::string_view name;  // "run", "config show"
  std::string_view summary;
  std::string_view example;
};

struct Arguments {
  std::string command;       // name of the command; empty: print `help` instead
  std::string help;          // text that was asked for
  std::string command_line;  // as typed, quoted for a shell: for the ledger

  std::string directory;  // -C; empty: where we are
  std::string config_file = "config.toml";
  bool json = false;
  bool no_color = false;
  Talk talk = Talk::normal;

  std::vector<std::string> words;                // SCRIPT…, TITLE…, DIR or ID, by command
  std::string by, reason;                        // run, retry, mark, repair, unlock; by: history too
  bool dry_run = false;                          // run, repair, rollback
  bool stop_on_error = false;                    // run
  bool on_copy = false, keep = false;            // run
  bool no_backup = false;                        // run
  std::vector<std::string> without, databases;   // backup create; backup restore
  bool ledger = false, scripts = false;          // backup restore: these parts
  std::string into;                              // backup restore: folder; empty: in place
  std::int64_t most = 0, days = 0;               // backup prune; 0: as configured
  std::int64_t plan = 0;                         // run: only what this preview showed; 0: whatever is pending
  std::int64_t request = 0;                      // run: only what this request names; 0: whatever is pending
  std::uint64_t drift = 0;                       // run: percent by which the rows of a plan may differ
  std::vector<std::string> tags, exclude;        // run
  std::string until;                             // run: word for a script; empty: to the end
  std::vector<core::Argument> script_arguments;  // run: --arg
  bool force = false;                            // run, unlock
  std::optional<std::chrono::milliseconds> wait;
  bool supervised = false;  // run: a child of fettle watch
  bool list = false;        // new: what templates there are
  std::string pattern;      // new: name of a template; empty: the plain one
  bool all = false;         // retry
  bool no_run = false;      // retry
  bool exit_code = false;   // status
  bool origin = false;      // config show
  bool head = false;        // ledger verify
  bool fleet = false;       // history
  std::string expect;       // ledger verify: what --head printed; empty: nothing
  std::string script;       // history: word for a script
  std::optional<core::OutcomeKind> outcome;
  std::int64_t run = 0;                  // history, rollback; 0: any
  std::optional<base::Instant> since;    // rollback, history
  std::optional<base::Instant> up_to;    // history: --until
  std::int64_t steps = 0;                // rollback; 0: not asked
  bool requeue = false;                  // rollback
  bool skip_conflicts = false;           // rollback
  bool yes = false;                      // rollback: nobody need be asked
  std::int64_t limit = 20;               // history; 0: all
  std::string text;                      // history: part of a name or message; empty: any
  std::int64_t before = 0;               // history: only attempts with a smaller number; 0: all
  bool csv = false;                      // history
  bool previews = false;                 // history: of previews
  std::int64_t preview_run = 0;          // show: the run of a preview; 0: an attempt
  bool full = false;                     // show: all rows that were changed
  std::string format;                    // ledger export: how; empty: as --to says
  std::string from, to;                  // ledger export, import, migrate: places (exchange/ledger_place.hpp)
  std::string table, connection;         // import: where in the source; a database of config.toml; empty: not named
  std::string files, map_names;          // import: folder of the tool's scripts; file of names; empty: none
  bool keep_going = false;               // import: leave out what is not understood
  bool imported = false;                 // history: what was imported
  bool backup = false;                   // ledger migrate: keep a copy beside the ledger that is read
  bool verify = true;                    // ledger migrate: no other way
  std::string name;                      // add; empty: the file's
  std::string scope;                     // token add; empty: read
  std::optional<base::Instant> expires;  // token add; nullopt: never
  std::string via;                       // by which way it was asked for, "web:192.0.2.7"; empty: typed here
  std::string output;                    // show: file for a report; empty: none
};

// arguments: without the program's name.
Arguments parse_arguments(const std::vector<std::string>& arguments, std::span<const CommandName> commands);

// The help of the whole program, for a person who typed no command.
std::string top_help(std::span<const CommandName> commands);

}  // namespace cli

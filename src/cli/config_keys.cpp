#include "cli/config_keys.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>

#include "cli/config_values.hpp"
#include "core/guard.hpp"

namespace cli {
namespace {

using core::Config;

// The words of each closed list stand in the order of its enumerators.
constexpr std::string_view k_orders[] = {"bytes", "natural"};
constexpr std::string_view k_on_failure[] = {"continue", "stop"};
constexpr std::string_view k_skipped[] = {"move", "keep"};
constexpr std::string_view k_changed[] = {"run", "hold"};
constexpr std::string_view k_minimum[] = {"none", "seccomp", "full"};
constexpr std::string_view k_yes_no[] = {"false", "true"};
constexpr std::string_view k_formats[] = {"text", "json"};
constexpr std::string_view k_encrypt[] = {"none", "passphrase", "key"};
constexpr std::string_view k_levels[] = {"debug", "info", "warn", "error", "off"};

constexpr std::chrono::milliseconds k_least_poll{100};                       // oftener would be a busy loop
constexpr std::uint64_t k_least_memory = std::uint64_t{1} << 20U;            // below, Lua itself hardly starts
constexpr std::uint64_t k_least_database_memory = std::uint64_t{16} << 20U;  // page caches and a large value
constexpr std::uint64_t k_most_log_lines = 1'000'000;  // the runner holds them until it records them
constexpr std::uint64_t k_least_log_file = std::uint64_t{64} << 10U;
constexpr std::uint64_t k_most_log_files = 1000;
constexpr std::uint64_t k_most_log = std::uint64_t{256} << 20U;
constexpr std::uint64_t k_most_result = std::uint64_t{8} << 20U;  // a result travels in one message
constexpr std::uint64_t k_deepest_result = 200;                   // each level is a call in the worker
constexpr std::uint64_t k_most_images = std::uint64_t{1} << 30U;  // the process of the database connections holds them
constexpr std::uint64_t k_most_script = std::uint64_t{8} << 20U;  // a script travels in one message

constexpr std::uint64_t k_most_approvals = 9;

constexpr std::string_view k_command = "a command for /bin/sh in quotes; empty for none";
constexpr std::string_view k_path = "a path in quotes, not empty";

const auto k_keys = std::to_array<Key>({
    {.name = "folders.scripts",
     .type = k_path,
     .help = "Folder of pending scripts",
     .set = [](Config& config, std::string_view text) { return set_path(config.folders.scripts, text); },
     .get = [](const Config& config) { return config.folders.scripts; }},
    {.name = "folders.succeeded",
     .type = k_path,
     .help = "Folder of scripts that succeeded or were not needed",
     .set = [](Config& config, std::string_view text) { return set_path(config.folders.succeeded, text); },
     .get = [](const Config& config) { return config.folders.succeeded; }},
    {.name = "folders.failed",
     .type = k_path,
     .help = "Folder of scripts that failed",
     .set = [](Config& config, std::string_view text) { return set_path(config.folders.failed, text); },
     .get = [](const Config& config) { return config.folders.failed; }},
    {.name = "folders.data",
     .type = k_path,
     .help = "Folder of files that scripts may read with data.read, data.lines and data.csv",
     .set = [](Config& config, std::string_view text) { return set_path(config.folders.data, text); },
     .get = [](const Config& config) { return config.folders.data; }},
    {.name = "folders.order",
     .type = "\"bytes\" or \"natural\"",
     .help = "Order in which scripts run: bytes of the name, or numbers by value",
     .words = k_orders,
     .set = [](Config& config, std::string_view text) { return set_word(config.folders.order, k_orders, text); },
     .get = [](const Config& config) { return word_of(config.folders.order, k_orders); }},
    {.name = "ledger.path",
     .type = k_path,
     .help = "The audit file; its folder also holds the run lock",
     .set = [](Config& config, std::string_view text) { return set_path(config.ledger.path, text); },
     .get = [](const Config& config) { return config.ledger.path; }},
    {.name = "databases.NAME.url",
     .type = "a URL such as \"sqlite:app.db\"",
     .help = "Where the database is; ${NAME} is filled in from the environment",
     .secret = Secret::yes,
     .database_field = &DatabaseDraft::url},
    {.name = "databases.NAME.url_file",
     .type = k_path,
     .help = "File that holds the URL, instead of url",
     .database_field = &DatabaseDraft::url_file},
    {.name = "run.on_failure",
     .type = "\"continue\" or \"stop\"",
     .help = "Whether a run goes on with the next script after one failed",
     .words = k_on_failure,
     .set = [](Config& config, std::string_view text) { return set_word(config.run.on_failure, k_on_failure, text); },
     .get = [](const Config& config) { return word_of(config.run.on_failure, k_on_failure); }},
    {.name = "run.timeout",
     .type = "a duration above zero such as \"30s\" or \"5m\"",
     .help = "Time limit of one script",
     .set = [](Config& config,
               std::string_view text) { return set_duration(config.run.timeout, text, std::chrono::milliseconds(1)); },
     .get = [](const Config& config) { return duration_text(config.run.timeout); }},
    {.name = "run.memory",
     .type = "a size of at least 1 MiB such as \"256MiB\", or a number of bytes",
     .help = "Memory that a script may hold",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_size(config.run.memory, text, k_least_memory, k_most_size); },
     .get = [](const Config& config) { return size_text(config.run.memory); }},
    {.name = "run.max_script_size",
     .type = "a size up to 8 MiB such as \"256KiB\", or a number of bytes",
     .help = "Larger files are ignored",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_size(config.run.max_script_size, text, 1, k_most_script); },
     .get = [](const Config& config) { return size_text(config.run.max_script_size); }},
    {.name = "run.skipped",
     .type = "\"move\" or \"keep\"",
     .help = "What becomes of a skipped script's file: filed as done, or kept pending",
     .words = k_skipped,
     .set = [](Config& config, std::string_view text) { return set_word(config.run.skipped, k_skipped, text); },
     .get = [](const Config& config) { return word_of(config.run.skipped, k_skipped); }},
    {.name = "run.changed",
     .type = "\"run\" or \"hold\"",
     .help = "What to do with other bytes under the name of an applied script",
     .words = k_changed,
     .set = [](Config& config, std::string_view text) { return set_word(config.run.changed, k_changed, text); },
     .get = [](const Config& config) { return word_of(config.run.changed, k_changed); }},
    {.name = "run.images",
     .type = "a size such as \"16MiB\", or a number of bytes; 0 keeps none",
     .help = "Changed rows that are kept of each attempt, as they were before, to show and to undo",
     .takes = Takes::text_or_integer,
     .set = [](Config& config, std::string_view text) { return set_size(config.run.images, text, 0, k_most_images); },
     .get = [](const Config& config) { return size_text(config.run.images); }},
    {.name = "run.environment",
     .type = "a text in quotes",
     .help = "Name of this environment, as scripts see it in ctx.environment",
     .set = [](Config& config, std::string_view text) { return set_text(config.run.environment, text); },
     .get = [](const Config& config) { return config.run.environment; }},
    {.name = "watch.enabled",
     .type = "true or false",
     .help = "Whether fettle watch may run scripts by itself",
     .takes = Takes::boolean,
     .words = k_yes_no,
     .set = [](Config& config, std::string_view text) { return set_word(config.watch.enabled, k_yes_no, text); },
     .get = [](const Config& config) { return word_of(config.watch.enabled, k_yes_no); }},
    {.name = "watch.debounce",
     .type = "a duration such as \"100ms\"",
     .help = "How long the folder must be quiet before copied files are looked at",
     .set =
         [](Config& config, std::string_view text) {
           return set_duration(config.watch.debounce, text, std::chrono::milliseconds(0));
         },
     .get = [](const Config& config) { return duration_text(config.watch.debounce); }},
    {.name = "watch.settle",
     .type = "a duration such as \"2s\"",
     .help = "How long a file must lie still where open writers cannot be seen",
     .set = [](Config& config,
               std::string_view text) { return set_duration(config.watch.settle, text, std::chrono::milliseconds(0)); },
     .get = [](const Config& config) { return duration_text(config.watch.settle); }},
    {.name = "watch.rescan",
     .type = "a duration of at least 100ms such as \"30s\"",
     .help = "How often the whole folder is looked at, events or not",
     .set = [](Config& config, std::string_view text) { return set_duration(config.watch.rescan, text, k_least_poll); },
     .get = [](const Config& config) { return duration_text(config.watch.rescan); }},
    {.name = "watch.poll",
     .type = "\"auto\", or a duration of at least 100ms such as \"2s\"",
     .help = "Look this often instead of trusting events; auto: where they cannot be trusted",
     .set = [](Config& config, std::string_view text) { return set_poll(config.watch.poll, text, k_least_poll); },
     .get = [](const Config& config) { return config.watch.poll ? duration_text(*config.watch.poll) : "auto"; }},
    {.name = "fleet.node",
     .type = "a text in quotes; empty for the host's name",
     .help = "This node's name, as receipts tell the others who applied a script",
     .set = [](Config& config, std::string_view text) { return set_text(config.fleet.node, text); },
     .get = [](const Config& config) { return config.fleet.node; }},
    {.name = "fleet.coordinator",
     .type = "the name of a database in quotes; empty for the first",
     .help = "Database with the locks and receipts of scripts that write none",
     .set = [](Config& config, std::string_view text) { return set_text(config.fleet.coordinator, text); },
     .get = [](const Config& config) { return config.fleet.coordinator; }},
    {.name = "hooks.before_run",
     .type = k_command,
     .help = "Run before the first script; nothing is attempted unless it succeeds",
     .source = Source::file,
     .set = [](Config& config, std::string_view text) { return set_text(config.hooks.before_run, text); },
     .get = [](const Config& config) { return config.hooks.before_run; }},
    {.name = "hooks.after_run",
     .type = k_command,
     .help = "Run after every run that dealt with a script",
     .source = Source::file,
     .set = [](Config& config, std::string_view text) { return set_text(config.hooks.after_run, text); },
     .get = [](const Config& config) { return config.hooks.after_run; }},
    {.name = "hooks.on_failure",
     .type = k_command,
     .help = "Run before that, when a script failed or its outcome is unknown",
     .source = Source::file,
     .set = [](Config& config, std::string_view text) { return set_text(config.hooks.on_failure, text); },
     .get = [](const Config& config) { return config.hooks.on_failure; }},
    {.name = "hooks.timeout",
     .type = "a duration above zero such as \"30s\"",
     .help = "Time limit of each hook",
     .source = Source::file,
     .set =
         [](Config& config, std::string_view text) {
           return set_duration(config.hooks.timeout, text, std::chrono::milliseconds(1));
         },
     .get = [](const Config& config) { return duration_text(config.hooks.timeout); }},
    {.name = "guard.hosts",
     .type = "patterns with commas between, such as \"db-*.example.com, app-1\"; empty for all",
     .help = "Hosts on which runs are allowed",
     .source = Source::file,
     .set = [](Config& config,
               std::string_view text) { return set_checked(config.guard.hosts, text, core::is_guard_of_hosts); },
     .get = [](const Config& config) { return config.guard.hosts; }},
    {.name = "guard.variable",
     .type = "\"NAME\" or \"NAME=value\"; empty for none",
     .help = "Environment variable without which no run is allowed",
     .source = Source::file,
     .set = [](Config& config,
               std::string_view text) { return set_checked(config.guard.variable, text, core::is_guard_by_variable); },
     .get = [](const Config& config) { return config.guard.variable; }},
    {.name = "guard.hours",
     .type = "days, hours and a place such as \"Mon-Fri 08:00-18:00 Europe/Berlin\"; empty for always",
     .help = "When runs are allowed",
     .source = Source::file,
     .set = [](Config& config, std::string_view text) { return set_checked(config.guard.hours, text, are_hours); },
     .get = [](const Config& config) { return config.guard.hours; }},
    {.name = "limits.rows",
     .type = "a number above zero such as 1000000, or \"unlimited\"",
     .help = "Rows that one attempt may read from databases",
     .takes = Takes::text_or_integer,
     .set = [](Config& config, std::string_view text) { return set_count_or_unlimited(config.limits.rows, text); },
     .get = [](const Config& config) { return count_text(config.limits.rows); }},
    {.name = "limits.bytes",
     .type = "a size above zero such as \"16GiB\", or \"unlimited\"",
     .help = "Bytes in those rows",
     .takes = Takes::text_or_integer,
     .set = [](Config& config, std::string_view text) { return set_size_or_unlimited(config.limits.bytes, text, 1); },
     .get = [](const Config& config) { return size_text(config.limits.bytes); }},
    {.name = "limits.statements",
     .type = "a number above zero such as 1000000, or \"unlimited\"",
     .help = "Statements that one attempt may send; each row of executemany is one",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_count_or_unlimited(config.limits.statements, text); },
     .get = [](const Config& config) { return count_text(config.limits.statements); }},
    {.name = "limits.database_memory",
     .type = "a size of at least 16 MiB such as \"1GiB\", or \"unlimited\"",
     .help = "Memory that the databases of a run may take in fettle's own process",
     .takes = Takes::text_or_integer,
     .set =
         [](Config& config, std::string_view text) {
           return set_size_or_unlimited(config.limits.database_memory, text, k_least_database_memory);
         },
     .get = [](const Config& config) { return size_text(config.limits.database_memory); }},
    {.name = "limits.log_lines",
     .type = "a number from 1 to 1000000",
     .help = "Log lines that are kept of one attempt",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_count(config.limits.log_lines, text, k_most_log_lines); },
     .get = [](const Config& config) { return count_text(config.limits.log_lines); }},
    {.name = "limits.log_bytes",
     .type = "a size up to 256 MiB such as \"1MiB\"",
     .help = "Bytes of log lines that are kept of one attempt",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_size(config.limits.log_bytes, text, 1, k_most_log); },
     .get = [](const Config& config) { return size_text(config.limits.log_bytes); }},
    {.name = "limits.result_bytes",
     .type = "a size up to 8 MiB such as \"1MiB\"",
     .help = "Size of what execute() returns, as JSON",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_size(config.limits.result_bytes, text, 1, k_most_result); },
     .get = [](const Config& config) { return size_text(config.limits.result_bytes); }},
    {.name = "limits.result_depth",
     .type = "a number from 1 to 200",
     .help = "Tables inside tables that execute() may return",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_count(config.limits.result_depth, text, k_deepest_result); },
     .get = [](const Config& config) { return count_text(config.limits.result_depth); }},
    {.name = "sandbox.minimum",
     .type = "\"none\", \"seccomp\" or \"full\"",
     .help = "Weakest lock-down of the kernel that scripts may run under",
     .words = k_minimum,
     .set = [](Config& config, std::string_view text) { return set_word(config.sandbox.minimum, k_minimum, text); },
     .get = [](const Config& config) { return word_of(config.sandbox.minimum, k_minimum); }},
    {.name = "web.listen",
     .type = "an address such as \"127.0.0.1:8017\", \"[::1]:8017\" or \"unix:/run/fettle.sock\"",
     .help = "Where fettle serve listens",
     .set = [](Config& config, std::string_view text) { return set_path(config.web.listen, text); },
     .get = [](const Config& config) { return config.web.listen; }},
    {.name = "web.token_file",
     .type = "a path in quotes; empty for none",
     .help = "File that holds a token with the scope admin",
     .set = [](Config& config, std::string_view text) { return set_text(config.web.token_file, text); },
     .get = [](const Config& config) { return config.web.token_file; }},
    {.name = "web.hosts",
     .type = "names such as \"fettle.example.org\", parted by blanks",
     .help = "Further names by which the page may be asked for",
     .set = [](Config& config, std::string_view text) { return set_text(config.web.hosts, text); },
     .get = [](const Config& config) { return config.web.hosts; }},
    {.name = "web.behind_proxy",
     .type = "true or false",
     .help = "Whether a proxy that ends TLS stands before the page",
     .takes = Takes::boolean,
     .words = k_yes_no,
     .set = [](Config& config, std::string_view text) { return set_word(config.web.behind_proxy, k_yes_no, text); },
     .get = [](const Config& config) { return word_of(config.web.behind_proxy, k_yes_no); }},
    {.name = "web.approvals",
     .type = "a number of people, up to 9; 0 for none",
     .help = "How many others must say yes to a run from the page",
     .takes = Takes::text_or_integer,
     .source = Source::file,
     .set =
         [](Config& config, std::string_view text) {
           config.web.approvals = 0;
           return text == "0" || set_count(config.web.approvals, text, k_most_approvals);
         },
     .get = [](const Config& config) { return count_text(config.web.approvals); }},
    {.name = "web.watch",
     .type = "true or false",
     .help = "Whether fettle serve starts the watcher, too",
     .takes = Takes::boolean,
     .words = k_yes_no,
     .set = [](Config& config, std::string_view text) { return set_word(config.web.watch, k_yes_no, text); },
     .get = [](const Config& config) { return word_of(config.web.watch, k_yes_no); }},
    {.name = "backup.before_run",
     .type = "true or false",
     .help = "Whether a backup is made before each run that has something to do",
     .takes = Takes::boolean,
     .words = k_yes_no,
     .set = [](Config& config, std::string_view text) { return set_word(config.backup.before_run, k_yes_no, text); },
     .get = [](const Config& config) { return word_of(config.backup.before_run, k_yes_no); }},
    {.name = "backup.folder",
     .type = k_path,
     .help = "Folder of the backups, one folder in it for each",
     .set = [](Config& config, std::string_view text) { return set_path(config.backup.folder, text); },
     .get = [](const Config& config) { return config.backup.folder; }},
    {.name = "backup.keep",
     .type = "a number above zero such as 20, or \"unlimited\"",
     .help = "Newest backups that are kept; others go when one was made",
     .takes = Takes::text_or_integer,
     .set = [](Config& config, std::string_view text) { return set_count_or_unlimited(config.backup.keep, text); },
     .get = [](const Config& config) { return count_text(config.backup.keep); }},
    {.name = "backup.keep_days",
     .type = "a number above zero such as 30, or \"unlimited\"",
     .help = "Days after which a backup goes, but for the newest one",
     .takes = Takes::text_or_integer,
     .set = [](Config& config, std::string_view text) { return set_count_or_unlimited(config.backup.keep_days, text); },
     .get = [](const Config& config) { return count_text(config.backup.keep_days); }},
    {.name = "backup.encrypt",
     .type = "\"none\", \"passphrase\" or \"key\"",
     .help = "How backups are encrypted: not, by a passphrase, or by a key in a file",
     .words = k_encrypt,
     .set = [](Config& config, std::string_view text) { return set_word(config.backup.encrypt, k_encrypt, text); },
     .get = [](const Config& config) { return word_of(config.backup.encrypt, k_encrypt); }},
    {.name = "backup.passphrase_file",
     .type = "a path in quotes; empty for FETTLE_BACKUP_PASSPHRASE in the environment",
     .help = "File whose first line is the passphrase",
     .set = [](Config& config, std::string_view text) { return set_text(config.backup.passphrase_file, text); },
     .get = [](const Config& config) { return config.backup.passphrase_file; }},
    {.name = "backup.key_file",
     .type = "a path in quotes",
     .help = "File of 32 random bytes: head -c 32 /dev/urandom > FILE",
     .set = [](Config& config, std::string_view text) { return set_text(config.backup.key_file, text); },
     .get = [](const Config& config) { return config.backup.key_file; }},
    {.name = "log.level",
     .type = "\"debug\", \"info\", \"warn\", \"error\" or \"off\"",
     .help = "What goes to the operator's log",
     .words = k_levels,
     .set = [](Config& config, std::string_view text) { return set_word(config.log.level, k_levels, text); },
     .get = [](const Config& config) { return word_of(config.log.level, k_levels); }},
    {.name = "log.file",
     .type = "a path in quotes; empty for stderr",
     .help = "File of the operator's log",
     .set = [](Config& config, std::string_view text) { return set_text(config.log.file, text); },
     .get = [](const Config& config) { return config.log.file; }},
    {.name = "log.format",
     .type = "\"text\" or \"json\"",
     .help = "Lines of the operator's log: for people, or one JSON object each",
     .words = k_formats,
     .set = [](Config& config, std::string_view text) { return set_word(config.log.format, k_formats, text); },
     .get = [](const Config& config) { return word_of(config.log.format, k_formats); }},
    {.name = "log.max_size",
     .type = "a size of at least 64 KiB such as \"10MiB\", or \"unlimited\"",
     .help = "Size at which the watcher begins a new log file",
     .takes = Takes::text_or_integer,
     .set = [](Config& config,
               std::string_view text) { return set_size_or_unlimited(config.log.max_size, text, k_least_log_file); },
     .get = [](const Config& config) { return size_text(config.log.max_size); }},
    {.name = "log.keep",
     .type = "a number from 1 to 1000",
     .help = "Old log files that are kept",
     .takes = Takes::text_or_integer,
     .set = [](Config& config, std::string_view text) { return set_count(config.log.keep, text, k_most_log_files); },
     .get = [](const Config& config) { return count_text(config.log.keep); }},
});

}  // namespace

std::span<const Key> keys() noexcept {
  return k_keys;
}

const Key* find_key(std::string_view name) noexcept {
  const auto found = std::find_if(k_keys.begin(), k_keys.end(), [name](const Key& key) { return key.name == name; });
  return found == k_keys.end() ? nullptr : &*found;
}

std::string environment_name(std::string_view key) {
  std::string name = "FETTLE_";
  for (const char letter : key)
    name += letter == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return name;
}

std::string default_text(const Key& key) {
  return key.get == nullptr ? std::string() : key.get(Config{});
}

}  // namespace cli

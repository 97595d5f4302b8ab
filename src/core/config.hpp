// What the user configured, as plain structs with their defaults. Read by cli/config_file; each room gets only its
// part.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "core/outcome.hpp"

namespace core {

enum class Order { bytes, natural };
enum class OnFailure { go_on, stop };
enum class Changed { run, hold };  // same name as a script that was applied, other bytes

struct FolderConfig {
  std::string scripts = "fix-scripts";
  std::string succeeded = "successfully-ran";
  std::string failed = "failed";
  std::string data = "fix-data";  // files that scripts may read; need not exist
  Order order = Order::bytes;
};

struct LedgerConfig {
  std::string path = ".fettle/ledger.db";  // its folder also holds the run lock: keep nothing else in it
};

struct DatabaseConfig {
  std::string name;  // of [databases.NAME]
  std::string url;   // "sqlite:app.db"; secrets already filled in, never printed
};

struct RunConfig {
  OnFailure on_failure = OnFailure::go_on;
  std::chrono::milliseconds timeout = std::chrono::minutes(5);  // of one attempt: loading, shouldRun() and execute()
  std::uint64_t memory = std::uint64_t{256} << 20U;             // bytes that Lua may hold
  std::uint64_t max_script_size = std::uint64_t{256} << 10U;    // bytes; compile time grows with its square
  Skipped skipped = Skipped::move;
  Changed changed = Changed::run;
  // Bytes of the rows that an attempt changes, as they were before, which are kept with it; 0: only their number is.
  std::uint64_t images = std::uint64_t{16} << 20U;
  bool preview = false;     // of no file: everything is rolled back in the end (runner/rehearsal)
  std::string environment;  // shown to scripts as ctx.environment
};

struct WatchConfig {
  bool enabled = true;
  std::chrono::milliseconds debounce{100};  // since the last change, before a folder that is being filled is looked at
  // Where no lease can tell whether a file is complete: how long it must lie still. Holds for every run.
  std::chrono::milliseconds settle = std::chrono::seconds(2);
  std::chrono::milliseconds rescan = std::chrono::seconds(30);  // a look at everything, events or not
  std::optional<std::chrono::milliseconds> poll;                // nullopt: only where events do not tell everything
};

// Several nodes, each with its own folder and ledger, over the same databases.
struct FleetConfig {
  std::string node;         // this one's name in receipts; empty: the host's
  std::string coordinator;  // the database with the locks and receipts of scripts that write none; empty: the first
};

// Commands for /bin/sh beside a run (core/hook.hpp); empty: none.
struct HookConfig {
  std::string before_run, after_run, on_failure;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // of each
};

// When and where a run may happen (core/guard.hpp); empty: no such limit.
struct GuardConfig {
  std::string hosts;     // "db-*.example.com, app-1"
  std::string variable;  // "NAME" or "NAME=value"
  std::string hours;     // "Mon-Fri 08:00-18:00 Europe/Berlin"
};

// The weakest lock-down that scripts may run under (core/sandbox_level.hpp names what each means).
enum class SandboxMinimum { none, seccomp, full };

struct SandboxConfig {
  SandboxMinimum minimum = SandboxMinimum::seccomp;
};

// How the parts of a backup are locked: by a key from a passphrase, by one that lies in a file, or not at all.
enum class Encrypt { none, passphrase, key };

struct BackupConfig {
  bool before_run = false;  // one before each run that has something to do
  std::string folder = "backups";
  std::uint64_t keep = 20;                // of the newest; k_unlimited: all
  std::uint64_t keep_days = k_unlimited;  // since they were made
  Encrypt encrypt = Encrypt::none;
  std::string passphrase_file, key_file;
  std::string passphrase;  // of the environment only, never printed; empty: there is none
};

struct WebConfig {
  std::string listen = "127.0.0.1:8017";
  std::string token_file;       // holds a token with the scope admin; empty: there is none
  std::string hosts;            // further names by which the page is asked for, parted by blanks or commas
  bool behind_proxy = false;    // one that ends TLS
  std::uint64_t approvals = 0;  // yes of so many others that a run from the page needs
  bool watch = false;           // the watcher is started, too
  bool upload = false;          // scripts can be added from the page
};

enum class LogLevel { debug, info, warn, error, off };

enum class LogFormat { text, json };

struct LogConfig {
  LogLevel level = LogLevel::warn;
  std::string file;  // empty: stderr
  LogFormat format = LogFormat::text;
  std::uint64_t max_size = std::uint64_t{10} << 20U;  // bytes, then the watcher begins a new file
  std::uint64_t keep = 5;                             // old files
};

struct Config {
  std::string directory;  // absolute; relative paths above are relative to it
  std::string file;       // the config.toml that was read
  FolderConfig folders;
  LedgerConfig ledger;
  std::vector<DatabaseConfig> databases;  // in the order of the file; "main" first when there is one
  RunConfig run;
  Limits limits;
  WatchConfig watch;
  FleetConfig fleet;
  HookConfig hooks;
  GuardConfig guard;
  SandboxConfig sandbox;
  BackupConfig backup;
  WebConfig web;
  LogConfig log;

  // Absolute form of a configured path.
  std::string path(const std::string& configured) const;
};

}  // namespace core

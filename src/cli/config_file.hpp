// Reads config.toml and the FETTLE_… environment into core::Config (environment > file > default) and remembers where
// each value came from. The only place that includes toml++. Lives in every command that needs a configuration. Throws
// base::Error(config) with file, line and column, or the name of the variable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config_keys.hpp"
#include "cli/database_url.hpp"
#include "core/config.hpp"

namespace cli {

// One value as `config show` tells it.
struct Setting {
  std::string key;     // "run.timeout", "databases.main.url"
  std::string value;   // as text; secrets masked
  std::string origin;  // "default", "config.toml:12", "FETTLE_RUN_TIMEOUT"
};

struct LoadedConfig {
  core::Config config;
  std::vector<Setting> settings;      // in the order of cli/config_keys
  std::string text;                   // of the file
  std::vector<std::string> warnings;  // FETTLE_… variables that mean nothing
};

// file: as typed; relative to the working directory. Messages name it as it was typed. text: what was read in it
// before, to be taken instead of what it holds now.
LoadedConfig load_config(const std::string& file, const Environment& environment,
                         std::optional<std::string> text = std::nullopt);

// Throws when no database is configured: for commands that touch one.
void require_database(const LoadedConfig& loaded);

// Whether nobody has set the key of that full name.
bool is_default(const LoadedConfig& loaded, std::string_view key);

// "sqlite:app.db" of a database, fit to be shown.
std::string shown_url(const LoadedConfig& loaded, const std::string& database);

}  // namespace cli

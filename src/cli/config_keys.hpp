// The one table of configuration keys: parsing, environment names, unknown-key errors, `config show`, help and the
// reference page are all driven by it. Values are set and told as text; the file reader only turns TOML into text.
// Lives in every command that needs a configuration. Throws nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/config.hpp"

namespace cli {

// One [databases.NAME] before its URL is complete.
struct DatabaseDraft {
  std::string name;
  std::string url;       // as written, ${NAME} not yet filled in
  std::string url_file;  // holds the URL
};

enum class Takes { text, text_or_integer, boolean };
enum class Secret { no, yes };
// In the file only: what an administrator says of everybody's runs is not changed by whoever types.
enum class Source { anywhere, file };

struct Key {
  std::string_view name;  // "run.timeout"; "databases.NAME.url" for those that every database has
  std::string_view type;  // what is expected, as a phrase for people
  std::string_view help;
  Takes takes = Takes::text;
  Secret secret = Secret::no;
  Source source = Source::anywhere;
  std::span<const std::string_view> words{};  // the closed list of values, where there is one
  // Keys with one value: false means that the text is not of this type.
  bool (*set)(core::Config&, std::string_view) = nullptr;
  std::string (*get)(const core::Config&) = nullptr;
  // Keys that every database has.
  std::string DatabaseDraft::*database_field = nullptr;

  std::string_view section() const noexcept { return name.substr(0, name.find('.')); }
  std::string_view leaf() const noexcept { return name.substr(name.rfind('.') + 1); }
};

// In the order in which they are shown.
std::span<const Key> keys() noexcept;

// The key of that full name; nullptr: there is none.
const Key* find_key(std::string_view name) noexcept;

// "run.timeout" → "FETTLE_RUN_TIMEOUT".
std::string environment_name(std::string_view key);

// The default, as text; empty for keys that every database has.
std::string default_text(const Key& key);

}  // namespace cli

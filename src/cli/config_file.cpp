#include "cli/config_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/config_moves.hpp"
#include "os/fd.hpp"

namespace cli {
namespace {

constexpr std::size_t k_largest_file = 1U << 20U;
constexpr std::string_view k_untouched = "Nothing was run or changed.";
constexpr std::array<std::string_view, 13> k_sections = {"folders", "ledger", "databases", "run",    "watch",
                                                         "fleet",   "hooks",  "guard",     "limits", "sandbox",
                                                         "backup",  "web",    "log"};
// What a hook is told: fettle may be called in one.
constexpr std::array<std::string_view, 2> k_of_hooks = {"FETTLE_HOOK", "FETTLE_RUN"};
constexpr std::string_view k_passphrase = "FETTLE_BACKUP_PASSPHRASE";  // in no file, and shown nowhere

[[noreturn]] void refuse(std::string what, std::string next = "Mend it, then try: fettle config check") {
  throw base::Error(base::ErrorKind::config, std::move(what), std::string(k_untouched), std::move(next));
}

std::string read_whole(const std::string& file) {
  const os::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd && errno == ENOENT)
    refuse(fmt::format("there is no {}", base::escape(file)),
           "Make one here: fettle init   or name another: fettle -C DIR …, fettle -c FILE …");
  std::string text;
  std::array<char, 16384> piece;
  ssize_t count = -1;
  while (fd && (count = ::read(fd.get(), piece.data(), piece.size())) > 0 && text.size() <= k_largest_file)
    text.append(piece.data(), static_cast<std::size_t>(count));
  if (count < 0)
    base::throw_errno(base::ErrorKind::config, fmt::format("cannot read {}", base::escape(file)),
                      std::string(k_untouched), "Make the file readable for this user.");
  if (text.size() > k_largest_file) refuse(fmt::format("{} is larger than 1 MiB", base::escape(file)));
  return text;
}

// Absolute folder of the file, as the kernel sees it.
std::string directory_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
  char* real = ::realpath(folder.c_str(), nullptr);
  if (real == nullptr)
    base::throw_errno(base::ErrorKind::config, fmt::format("cannot find the folder of {}", base::escape(file)),
                      std::string(k_untouched), "Name another file: fettle -c FILE …");
  std::string path = real;
  std::free(real);  // realpath(3) gives malloc'd memory
  return path;
}

std::string expected(const Key& key) {
  return fmt::format("expected {}", key.type);
}

// Reads one file; keeps what it found until the environment had its say.
class Reader {
 public:
  Reader(std::string file, const Environment& environment) : file_(std::move(file)), environment_(environment) {}

  LoadedConfig load(std::optional<std::string> text);

 private:
  struct Database {
    DatabaseDraft draft;
    std::string origin, place;
    std::pair<std::uint32_t, std::uint32_t> order{~0U, ~0U};  // line and column; last: named by the environment only
  };

  std::string place(const toml::source_position& at) const;
  std::string origin(const toml::source_position& at) const;
  void read_text();
  void read_section(const toml::key& name, const toml::node& node);
  void read_databases(const toml::table& databases);
  void read_database(const toml::key& name, const toml::table& fields);
  void read_leaf(const Key& key, const toml::key& leaf, const toml::node& node);
  std::string text_of(const Key& key, const std::string& name, const toml::node& node) const;
  [[noreturn]] void refuse_section(const toml::key& name) const;
  [[noreturn]] void refuse_leaf(std::string_view section, const toml::key& leaf) const;
  [[noreturn]] void refuse_value(const Key& key, const std::string& where, std::string_view text) const;

  void read_environment();
  bool read_database_variable(std::string_view name, const std::string& value);
  void finish_databases();
  void check_coordinator() const;
  void finish_database(Database& database);
  void add_settings();

  std::string file_;
  const Environment& environment_;
  LoadedConfig loaded_;
  std::map<std::string_view, std::string> origins_;  // by Key::name
  std::map<std::string, Database> databases_;
};

std::string Reader::place(const toml::source_position& at) const {
  return fmt::format("{}:{}:{}", base::escape(file_), at.line, at.column);
}

std::string Reader::origin(const toml::source_position& at) const {
  return fmt::format("{}:{}", base::escape(file_), at.line);
}

LoadedConfig Reader::load(std::optional<std::string> text) {
  loaded_.text = text ? std::move(*text) : read_whole(file_);
  const std::string folder = directory_of(file_);
  loaded_.config.directory = folder;
  loaded_.config.file = folder + (folder == "/" ? "" : "/") + file_.substr(file_.rfind('/') + 1);
  read_text();
  read_environment();
  finish_databases();
  add_settings();
  return std::move(loaded_);
}

void Reader::read_text() {
  toml::table root;
  try {
    root = toml::parse(loaded_.text);
  } catch (const toml::parse_error& fault) {
    refuse(fmt::format("{}: {}", place(fault.source().begin), base::escape(fault.description())));
  }
  for (const auto& [name, node] : root) read_section(name, node);
}

void Reader::read_section(const toml::key& name, const toml::node& node) {
  if (std::find(k_sections.begin(), k_sections.end(), name.str()) == k_sections.end()) refuse_section(name);
  const toml::table* table = node.as_table();
  if (table == nullptr)
    refuse(fmt::format("{}: {} is a section, not a value: write [{}] on a line of its own", place(name.source().begin),
                       name.str(), name.str() == "databases" ? "databases.main" : name.str()));
  if (name.str() == "databases") return read_databases(*table);
  for (const auto& [leaf, value] : *table) {
    const Key* key = find_key(fmt::format("{}.{}", name.str(), leaf.str()));
    if (key == nullptr) refuse_leaf(name.str(), leaf);
    read_leaf(*key, leaf, value);
  }
}

void Reader::read_leaf(const Key& key, const toml::key& leaf, const toml::node& node) {
  const std::string text = text_of(key, std::string(key.name), node);
  if (!key.set(loaded_.config, text))
    refuse_value(key, fmt::format("{}: {}", place(node.source().begin), key.name), text);
  origins_[key.name] = origin(leaf.source().begin);
}

void Reader::read_databases(const toml::table& databases) {
  for (const auto& [name, node] : databases) {
    const toml::table* fields = node.as_table();
    if (fields == nullptr)
      refuse(fmt::format("{}: each database has a name: write [databases.main] and below it url = \"sqlite:app.db\"",
                         place(name.source().begin)));
    read_database(name, *fields);
  }
}

bool is_database_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

void Reader::read_database(const toml::key& name, const toml::table& fields) {
  if (!is_database_name(name.str()))
    refuse(fmt::format("{}: a database cannot be called \"{}\": use a-z, 0-9 and _", place(name.source().begin),
                       base::escape(name.str())));
  Database& database = databases_[std::string(name.str())];
  const toml::source_position at = name.source().begin;
  database.draft.name = name.str();
  database.order = {at.line, at.column};
  database.place = fmt::format("{}: databases.{}", place(at), name.str());
  database.origin = origin(at);
  for (const auto& [leaf, node] : fields) {
    const Key* key = find_key(fmt::format("databases.NAME.{}", leaf.str()));
    if (key == nullptr) refuse_leaf(fmt::format("databases.{}", name.str()), leaf);
    const std::string full = fmt::format("databases.{}.{}", name.str(), leaf.str());
    const std::string text = text_of(*key, full, node);
    if (text.empty()) refuse(fmt::format("{}: {} is empty; {}", place(node.source().begin), full, expected(*key)));
    database.draft.*key->database_field = text;
    database.place = fmt::format("{}: {}", place(node.source().begin), full);
    database.origin = origin(leaf.source().begin);
  }
}

std::string_view type_name(const toml::node& node) noexcept {
  switch (node.type()) {
    case toml::node_type::table:
      return "a section";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::string Reader::text_of(const Key& key, const std::string& name, const toml::node& node) const {
  if (const auto* text = node.as_string(); text != nullptr && key.takes != Takes::boolean) {
    if (text->get().find('\0') == std::string::npos) return text->get();
    refuse(fmt::format("{}: {} holds a zero byte", place(node.source().begin), name));
  }
  if (const auto* number = node.as_integer(); number != nullptr && key.takes == Takes::text_or_integer)
    return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean(); flag != nullptr && key.takes == Takes::boolean)
    return flag->get() ? "true" : "false";
  refuse(fmt::format("{}: {} is {}; {}", place(node.source().begin), name, type_name(node), expected(key)));
}

// A value that looks like a secret is never repeated.
void Reader::refuse_value(const Key& key, const std::string& where, std::string_view text) const {
  std::string meant;
  if (const auto near = base::nearest(text, key.words)) meant = fmt::format(" (did you mean \"{}\"?)", *near);
  const std::string shown =
      key.secret == Secret::yes ? "not valid" : fmt::format("\"{}\"", base::escape(base::cap(text, 80)));
  refuse(fmt::format("{} is {}; {}{}", where, shown, expected(key), meant));
}

void Reader::refuse_section(const toml::key& name) const {
  const std::string_view word = name.str();
  std::string hint = fmt::format("sections are {}", fmt::join(k_sections, ", "));
  const auto near = base::nearest(word, k_sections);
  if (near) hint = fmt::format("did you mean [{}]?", *near);
  for (const Key& key : keys())
    if (!near && key.leaf() == word && key.set != nullptr) {
      hint = fmt::format("did you mean {} in [{}]? {}", word, key.section(), expected(key));
      break;
    }
  refuse(fmt::format("{}: unknown key \"{}\"; {}", place(name.source().begin), base::escape(word), hint));
}

void Reader::refuse_leaf(std::string_view section, const toml::key& leaf) const {
  const std::string_view word = leaf.str();
  const bool database = section.starts_with("databases");
  std::vector<std::string_view> here;
  for (const Key& key : keys())
    if (database ? key.database_field != nullptr : key.section() == section) here.push_back(key.leaf());
  std::string hint = fmt::format("keys of [{}] are {}", section, fmt::join(here, ", "));
  if (const std::string_view now = name_now(fmt::format("{}.{}", section, word)); !now.empty()) {
    hint = fmt::format("it is called {} now: fettle config migrate", now);
  } else if (const auto near = base::nearest(word, here)) {
    const Key* key = find_key(fmt::format("{}.{}", database ? "databases.NAME" : section, *near));
    hint = fmt::format("did you mean \"{}\"? {}", *near, expected(*key));
  } else {
    std::vector<std::string> there;
    for (const Key& key : keys())
      if (key.leaf() == word) there.push_back(fmt::format("[{}]", key.name.substr(0, key.name.rfind('.'))));
    if (!there.empty()) hint = fmt::format("\"{}\" belongs into {}", word, fmt::join(there, " or "));
  }
  refuse(
      fmt::format("{}: unknown key \"{}\" in [{}]; {}", place(leaf.source().begin), base::escape(word), section, hint));
}

void Reader::read_environment() {
  for (const auto& [name, value] : environment_) {
    if (!name.starts_with("FETTLE_")) continue;
    const auto found = std::find_if(keys().begin(), keys().end(), [&name = name](const Key& key) {
      return key.set != nullptr && environment_name(key.name) == name;
    });
    if (found == keys().end()) {
      if (name == k_passphrase) {
        loaded_.config.backup.passphrase = value;
        continue;
      }
      const bool of_hooks = std::find(k_of_hooks.begin(), k_of_hooks.end(), name) != k_of_hooks.end();
      if (!of_hooks && !read_database_variable(name, value))
        loaded_.warnings.push_back(
            fmt::format("the environment variable {} means nothing to fettle", base::escape(name)));
      continue;
    }
    if (found->source == Source::file)
      refuse(fmt::format("{} is set, but {} is taken from config.toml only", name, found->name),
             fmt::format("Write it into {}, and unset the variable.", base::escape(file_)));
    if (!found->set(loaded_.config, value)) refuse_value(*found, name, value);
    origins_[found->name] = name;
  }
}

// FETTLE_DATABASES_MAIN_URL and FETTLE_DATABASES_MAIN_URL_FILE; each puts aside what the file says of either.
bool Reader::read_database_variable(std::string_view name, const std::string& value) {
  constexpr std::string_view k_start = "FETTLE_DATABASES_";
  if (!name.starts_with(k_start)) return false;
  const bool is_file = name.ends_with("_URL_FILE");
  if (!is_file && !name.ends_with("_URL")) return false;
  std::string_view middle = name.substr(k_start.size());
  const std::size_t ending = is_file ? 9 : 4;
  if (middle.size() <= ending) return false;
  middle.remove_suffix(ending);
  std::string database_name(middle);
  for (char& letter : database_name)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  if (!is_database_name(database_name)) return false;
  if (value.empty()) refuse(fmt::format("{} is empty; {}", name, "expected a URL such as \"sqlite:app.db\""));
  Database& database = databases_[database_name];
  const bool second = database.origin.starts_with(k_start);
  if (second) refuse(fmt::format("{} and {} are both set; set one of them", database.origin, name));
  database.draft = {.name = database_name, .url = is_file ? "" : value, .url_file = is_file ? value : ""};
  database.place = database.origin = name;
  return true;
}

void Reader::finish_databases() {
  std::vector<Database*> ordered;
  for (auto& [name, database] : databases_) ordered.push_back(&database);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Database* left, const Database* right) {
    if ((left->draft.name == "main") != (right->draft.name == "main")) return left->draft.name == "main";
    return left->order < right->order;
  });
  for (Database* database : ordered) finish_database(*database);
  check_coordinator();
}

void Reader::check_coordinator() const {
  const std::string& wanted = loaded_.config.fleet.coordinator;
  std::vector<std::string_view> names;
  for (const core::DatabaseConfig& database : loaded_.config.databases) names.push_back(database.name);
  if (wanted.empty() || std::find(names.begin(), names.end(), wanted) != names.end()) return;
  const auto meant = base::nearest(wanted, names);
  refuse(fmt::format("{}: fleet.coordinator names the database {}, which is not configured{}",
                     base::escape(loaded_.config.file), base::escape(wanted),
                     meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

void Reader::finish_database(Database& database) {
  const DatabaseDraft& draft = database.draft;
  if (draft.url.empty() == draft.url_file.empty())
    refuse(fmt::format("{}: database \"{}\" has {}; give it exactly one of them", database.place, draft.name,
                       draft.url.empty() ? "neither url nor url_file" : "both url and url_file"),
           fmt::format("Write below [databases.{}]: url = \"sqlite:app.db\"", draft.name));
  const bool from_environment = database.origin.starts_with("FETTLE_");
  core::Config& config = loaded_.config;
  std::string url = draft.url;
  if (url.empty())
    url = secret_in(config.path(draft.url_file), database.place, "url_file", "the database's URL");
  else if (!from_environment)
    url = fill_variables(url, environment_, database.place);
  check_scheme(url, database.place);
  const auto normal = [&](const std::string& path) {
    return std::filesystem::path(config.path(path)).lexically_normal();
  };
  if (url.starts_with("sqlite:") && normal(url.substr(7)) == normal(config.ledger.path))
    refuse(fmt::format("{}: this file is the ledger; scripts may never write it", database.place),
           "Name the database of your application, or move the ledger with [ledger] path.");
  config.databases.push_back({.name = draft.name, .url = std::move(url)});
  const std::string_view leaf = draft.url.empty() ? "url_file" : "url";
  loaded_.settings.push_back({.key = fmt::format("databases.{}.{}", draft.name, leaf),
                              .value = draft.url.empty() ? draft.url_file : mask_url(draft.url),
                              .origin = database.origin});
}

// The settings of databases are there already; they take the place of the table's two patterns.
void Reader::add_settings() {
  std::vector<Setting> all;
  for (const Key& key : keys()) {
    if (key.get != nullptr) {
      const auto found = origins_.find(key.name);
      all.push_back({.key = std::string(key.name),
                     .value = key.get(loaded_.config),
                     .origin = found == origins_.end() ? "default" : found->second});
    } else if (key.secret == Secret::yes) {
      all.insert(all.end(), loaded_.settings.begin(), loaded_.settings.end());
    }
  }
  loaded_.settings = std::move(all);
}

}  // namespace

LoadedConfig load_config(const std::string& file, const Environment& environment, std::optional<std::string> text) {
  return Reader(file, environment).load(std::move(text));
}

void require_database(const LoadedConfig& loaded) {
  if (!loaded.config.databases.empty()) return;
  refuse(fmt::format("no database is configured in {}", base::escape(loaded.config.file)),
         "Write into it:\n\n  [databases.main]\n  url = \"sqlite:app.db\"\n");
}

bool is_default(const LoadedConfig& loaded, std::string_view key) {
  const auto found = std::find_if(loaded.settings.begin(), loaded.settings.end(),
                                  [key](const Setting& setting) { return setting.key == key; });
  return found != loaded.settings.end() && found->origin == "default";
}

std::string shown_url(const LoadedConfig& loaded, const std::string& database) {
  const std::string start = fmt::format("databases.{}.", database);
  for (const Setting& setting : loaded.settings)
    if (setting.key == start + "url") return setting.value;
  return "URL from a file";
}

}  // namespace cli

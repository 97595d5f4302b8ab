#include "cli/config_keys.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <type_traits>

#include "base/text.hpp"

namespace cli {
namespace {

using core::Config;

// The words of each closed list stand in the order of its enumerators.
constexpr std::string_view k_orders[] = {"bytes", "natural"};
constexpr std::string_view k_on_failure[] = {"continue", "stop"};
constexpr std::string_view k_skipped[] = {"move", "keep"};
constexpr std::string_view k_changed[] = {"run", "hold"};
constexpr std::string_view k_minimum[] = {"none", "seccomp", "full"};
constexpr std::string_view k_levels[] = {"debug", "info", "warn", "error", "off"};

constexpr std::uint64_t k_least_memory = std::uint64_t{1} << 20U;  // below, Lua itself hardly starts
constexpr std::uint64_t k_most_size = std::uint64_t{1} << 40U;
constexpr std::uint64_t k_most_script = std::uint64_t{8} << 20U;  // a script travels in one message

template <class Enumeration>
bool set_word(Enumeration& member, std::span<const std::string_view> words, std::string_view text) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return false;
  member = static_cast<Enumeration>(found - words.begin());
  return true;
}

template <class Enumeration>
std::string word_of(Enumeration member, std::span<const std::string_view> words) {
  return std::string(words[static_cast<std::size_t>(member)]);
}

bool set_path(std::string& member, std::string_view text) {
  if (text.empty()) return false;
  member = text;
  return true;
}

bool set_text(std::string& member, std::string_view text) {
  member = text;
  return true;
}

bool set_duration(std::chrono::milliseconds& member, std::string_view text, std::chrono::milliseconds least) {
  const auto parsed = base::parse_duration(text);
  if (!parsed || *parsed < least) return false;
  member = *parsed;
  return true;
}

bool set_size(std::uint64_t& member, std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto parsed = base::parse_size(text);
  if (!parsed || *parsed < least || *parsed > most) return false;
  member = *parsed;
  return true;
}

// The shortest text that parses to the same duration.
std::string duration_text(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  std::string text;
  const auto take = [&](std::int64_t unit, std::string_view name) {
    if (rest < unit) return;
    text += fmt::format("{}{}", rest / unit, name);
    rest %= unit;
  };
  take(3'600'000, "h");
  take(60'000, "m");
  take(1'000, "s");
  take(1, "ms");
  return text.empty() ? "0s" : text;
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& [shift, unit] : {std::pair{30U, "GiB"}, std::pair{20U, "MiB"}, std::pair{10U, "KiB"}})
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0) return fmt::format("{}{}", bytes >> shift, unit);
  return fmt::format("{}", bytes);
}

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
    {.name = "run.environment",
     .type = "a text in quotes",
     .help = "Name of this environment, as scripts see it in ctx.environment",
     .set = [](Config& config, std::string_view text) { return set_text(config.run.environment, text); },
     .get = [](const Config& config) { return config.run.environment; }},
    {.name = "run.settle",
     .type = "a duration such as \"2s\"",
     .help = "How long a file must lie still where open writers cannot be seen",
     .set = [](Config& config,
               std::string_view text) { return set_duration(config.run.settle, text, std::chrono::milliseconds(0)); },
     .get = [](const Config& config) { return duration_text(config.run.settle); }},
    {.name = "sandbox.minimum",
     .type = "\"none\", \"seccomp\" or \"full\"",
     .help = "Weakest lock-down of the kernel that scripts may run under",
     .words = k_minimum,
     .set = [](Config& config, std::string_view text) { return set_word(config.sandbox.minimum, k_minimum, text); },
     .get = [](const Config& config) { return word_of(config.sandbox.minimum, k_minimum); }},
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

#include "backup/manifest.hpp"

#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hash.hpp"

namespace backup {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view k_format = "fettle backup 1";
constexpr std::array<std::string_view, 4> k_kinds = {"ledger", "database", "scripts", "contents"};
constexpr std::array<std::string_view, 3> k_locks = {"none", "passphrase", "key"};
constexpr std::size_t k_digits = 64;  // of a SHA-256 or a tag

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

// The last line, behind everything that it is of.
std::string line_of(std::string_view name, std::string_view hex, std::string_view behind) {
  return fmt::format("  \"{}\": \"{}\"{}", name, hex, behind);
}

std::string text_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class Number>
Number number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<Number>() : Number{};
}

const Json& list_in(const Json& json, const char* name) {
  static const Json nothing = Json::array();
  const auto found = json.find(name);
  return found != json.end() && found->is_array() ? *found : nothing;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <class Words>
std::size_t place_in(const Words& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return static_cast<std::size_t>(found - words.begin());
}

Json part_object(const Part& part) {
  return {{"file", part.file},
          {"kind", name(part.kind)},
          {"database", text_or_null(part.database)},
          {"engine", text_or_null(part.engine)},
          {"size", part.packed.size},
          {"packed_size", part.packed.packed},
          {"sha256", part.packed.sha256}};
}

// A name that leads nowhere else.
bool is_file_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && !name.starts_with('.') && name != k_manifest;
}

bool read_parts(const Json& json, Manifest& manifest) {
  for (const Json& each : list_in(json, "parts")) {
    Part part;
    part.file = text_in(each, "file");
    const std::size_t kind = place_in(k_kinds, text_in(each, "kind"));
    if (!is_file_name(part.file) || kind == k_kinds.size()) return false;
    part.kind = static_cast<PartKind>(kind);
    part.database = text_in(each, "database");
    part.engine = text_in(each, "engine");
    part.packed.size = number_in<std::uint64_t>(each, "size");
    part.packed.packed = number_in<std::uint64_t>(each, "packed_size");
    part.packed.sha256 = text_in(each, "sha256");
    manifest.parts.push_back(std::move(part));
  }
  return !manifest.parts.empty();
}

bool read_fields(const Json& json, Manifest& manifest) {
  if (!json.is_object() || text_in(json, "format") != k_format) return false;
  manifest.id = text_in(json, "id");
  manifest.made.milliseconds = number_in<std::int64_t>(json, "made_ms");
  manifest.fettle = text_in(json, "fettle");
  manifest.by = text_in(json, "by");
  manifest.host = text_in(json, "host");
  manifest.trigger = text_in(json, "trigger");
  manifest.reason = text_in(json, "reason");
  manifest.run = number_in<std::int64_t>(json, "run");
  for (const Json& each : list_in(json, "without"))
    if (each.is_string()) manifest.without.push_back(each.get<std::string>());
  if (const auto ledger = json.find("ledger"); ledger != json.end() && ledger->is_object())
    manifest.ledger = {text_in(*ledger, "id"), number_in<std::int64_t>(*ledger, "runs"),
                       number_in<std::int64_t>(*ledger, "attempts"), text_in(*ledger, "head")};
  if (const auto locked = json.find("encryption"); locked != json.end() && locked->is_object()) {
    const std::size_t by = place_in(k_locks, text_in(*locked, "key"));
    if (by == 0 || by == k_locks.size()) return false;
    manifest.locked = {static_cast<core::Encrypt>(by), text_in(*locked, "salt"),
                       number_in<std::uint64_t>(*locked, "passes"), number_in<std::uint64_t>(*locked, "memory")};
  }
  return read_parts(json, manifest);
}

// What stands before this last line, which is taken away with its digits.
std::optional<std::string> take_line(std::string_view& text, std::string_view name, std::string_view behind) {
  const std::size_t size = line_of(name, std::string(k_digits, '0'), behind).size();
  if (text.size() < size) return std::nullopt;
  const std::string_view line = text.substr(text.size() - size);
  const std::string hex(line.substr(line.size() - behind.size() - 1 - k_digits, k_digits));
  if (line != line_of(name, hex, behind)) return std::nullopt;
  text.remove_suffix(size);
  return hex;
}

}  // namespace

std::string_view name(PartKind kind) noexcept {
  return k_kinds[static_cast<std::size_t>(kind)];
}

std::uint64_t Manifest::size() const noexcept {
  std::uint64_t sum = 0;
  for (const Part& part : parts) sum += part.packed.packed;
  return sum;
}

std::string write(const Manifest& manifest, const std::optional<KeyBytes>& key) {
  Json json = {{"format", k_format},
               {"id", manifest.id},
               {"made_at", base::iso8601(manifest.made)},
               {"made_ms", manifest.made.milliseconds},
               {"fettle", manifest.fettle},
               {"by", manifest.by},
               {"host", manifest.host},
               {"trigger", manifest.trigger},
               {"reason", text_or_null(manifest.reason)},
               {"run", manifest.run == 0 ? Json(nullptr) : Json(manifest.run)},
               {"without", manifest.without}};
  json["ledger"] = nullptr;
  if (manifest.ledger)
    json["ledger"] = {{"id", manifest.ledger->id},
                      {"runs", manifest.ledger->runs},
                      {"attempts", manifest.ledger->attempts},
                      {"head", manifest.ledger->head}};
  json["encryption"] = nullptr;
  if (manifest.locked.by != core::Encrypt::none)
    json["encryption"] = {{"cipher", "libsodium secretstream XChaCha20-Poly1305"},
                          {"key", k_locks[static_cast<std::size_t>(manifest.locked.by)]},
                          {"salt", text_or_null(manifest.locked.salt)},
                          {"passes", manifest.locked.passes},
                          {"memory", manifest.locked.memory}};
  json["parts"] = Json::array();
  for (const Part& part : manifest.parts) json["parts"].push_back(part_object(part));
  std::string text = dumped(json);
  text.replace(text.size() - 2, 2, ",\n");  // the brace at its end
  if (key) text += line_of("tag", tag_of(text, *key), ",\n");
  return text + line_of("sha256", base::sha256_hex(text), "\n}\n");
}

ReadManifest read_manifest(std::string_view text) {
  ReadManifest read;
  const std::string_view whole = text;
  const auto digest = take_line(text, "sha256", "\n}\n");
  if (!digest || base::sha256_hex(text) != *digest) {
    read.fault = "it was altered: it does not have the SHA-256 that stands at its end";
    return read;
  }
  if (auto tag = take_line(text, "tag", ",\n")) read.manifest.tag = std::move(*tag);
  read.manifest.text = text;
  const Json json = Json::parse(whole, nullptr, false);
  if (json.is_discarded() || !read_fields(json, read.manifest))
    read.fault = "it is no manifest that this fettle knows";
  else if (read.manifest.tag.empty() != (read.manifest.locked.by == core::Encrypt::none))
    read.fault = "it is encrypted without a tag, or has one for nothing";
  return read;
}

bool is_of_key(const Manifest& manifest, const KeyBytes& key) {
  return tag_of(manifest.text, key) == manifest.tag;
}

std::optional<Lock> lock_of(const Manifest& manifest, const Part& part, const std::optional<KeyBytes>& key) {
  if (manifest.locked.by == core::Encrypt::none || !key) return std::nullopt;
  return Lock{*key, fmt::format("fettle backup {} {}", manifest.id, part.file)};
}

std::string write(const Contents& contents) {
  Json json = {{"files", Json::array()}, {"rows", Json::object()}};
  for (const Filed& file : contents.files)
    json["files"].push_back(
        {{"folder", file.place}, {"name", file.name}, {"size", file.size}, {"sha256", file.sha256}});
  for (const auto& [database, tables] : contents.rows) {
    Json& rows = json["rows"][database] = Json::object();
    for (const core::Fact& table : tables) rows[table.name] = table.text;
  }
  return dumped(json) + "\n";
}

std::optional<Contents> read_contents(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return std::nullopt;
  Contents contents;
  for (const Json& each : list_in(json, "files"))
    contents.files.push_back({text_in(each, "folder"), text_in(each, "name"), text_in(each, "sha256"),
                              number_in<std::uint64_t>(each, "size")});
  const auto rows = json.find("rows");
  if (rows == json.end() || !rows->is_object()) return contents;
  for (const auto& [database, tables] : rows->items()) {
    auto& [called, facts] = contents.rows.emplace_back(database, std::vector<core::Fact>());
    for (const auto& [table, count] : tables.items())
      if (count.is_string()) facts.push_back({table, count.get<std::string>()});
  }
  return contents;
}

}  // namespace backup

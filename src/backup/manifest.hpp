// What one backup holds: the text of its manifest.json and back. The manifest ends with the SHA-256 of all that stands
// before, so that no bit of it can change unseen; of a locked backup it also has a tag that only the key can make.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/pack.hpp"
#include "backup/secret.hpp"
#include "base/time.hpp"
#include "core/message.hpp"

namespace backup {

enum class PartKind : std::uint8_t {
  ledger,    // an SQLite file
  database,  // an SQLite file, a pg_dump archive or a text of mariadb-dump
  scripts,   // of the three folders, as a tar
  contents,  // what stands in those folders, and the rows of databases: contents.json
};
std::string_view name(PartKind kind) noexcept;

struct Part {
  std::string file;  // its name in the folder of the backup
  PartKind kind = PartKind::contents;
  std::string database{}, engine{};  // of a database
  Packed packed{};
};

// Of the ledger as it was saved: later ones are told by it.
struct LedgerMark {
  std::string id;
  std::int64_t runs = 0, attempts = 0;
  std::string head;  // ledger::describe
};

struct Manifest {
  std::string id;  // random, 32 hexadecimal digits: what locks a part is bound to it
  base::Instant made;
  std::string fettle, by, host, trigger, reason;  // trigger: manual, before_run
  std::int64_t run = 0;                           // of before_run: which one
  std::optional<LedgerMark> ledger;               // nullopt: there was none yet
  std::vector<std::string> without;               // databases that were left out
  Locked locked;
  std::vector<Part> parts;

  std::string text;                     // as it was read: what stands before the tag
  std::string tag;                      // of a locked one
  std::uint64_t size() const noexcept;  // of all parts, as they lie on the disk
};

inline constexpr std::string_view k_manifest = "manifest.json";

// key: of a locked one.
std::string write(const Manifest& manifest, const std::optional<KeyBytes>& key);

// fault: what is wrong with the text; empty: it is as it was written.
struct ReadManifest {
  Manifest manifest;
  std::string fault;
};
ReadManifest read_manifest(std::string_view text);

// Whether this key made it. What it says is to be believed then, whoever had the disk.
bool is_of_key(const Manifest& manifest, const KeyBytes& key);

// What unlocks a part; nullopt: nothing has to.
std::optional<Lock> lock_of(const Manifest& manifest, const Part& part, const std::optional<KeyBytes>& key);

// contents.json: what stood in a folder, and the rows of the tables of a database.
struct Filed {
  std::string place;  // scripts, succeeded, failed
  std::string name, sha256;
  std::uint64_t size = 0;
};
struct Contents {
  std::vector<Filed> files;
  std::vector<std::pair<std::string, std::vector<core::Fact>>> rows;  // by the name of the database
};
std::string write(const Contents& contents);
std::optional<Contents> read_contents(std::string_view text);

}  // namespace backup

// The exact bytes of every version that ran, zstd-compressed, each stored once. Used by both sides of the ledger.
#pragma once

#include <SQLiteCpp/Database.h>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/script.hpp"
#include "ledger/sql.hpp"

namespace ledger {

// Both throw Error(internal) when zstd fails; unpack gives nullopt for bytes that are no frame of exactly `size` bytes.
std::string pack(std::string_view text);
std::optional<std::string> unpack(std::string_view packed, std::int64_t size);

// Write side: within the caller's transaction. Throws SQLite::Exception.
class Texts {
 public:
  explicit Texts(SQLite::Database& database) noexcept;
  void keep(const core::Script& script, base::Instant at);
  bool has(const std::string& sha256);

 private:
  void insert(const core::Script& script, base::Instant at);

  Kept has_, insert_;
};

// Throws SQLite::Exception, and Error(ledger_broken) when the ledger holds no such version, or not these bytes any
// more.
std::string read_text(SQLite::Database& database, const std::string& path, const std::string& sha256);

}  // namespace ledger

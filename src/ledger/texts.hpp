// The exact bytes of every version that ran, zstd-compressed, each stored once; and the packing of whatever else is
// kept so. Used by both sides of the ledger.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/script.hpp"
#include "ledger/sql.hpp"

struct ZSTD_CCtx_s;

namespace ledger {

// Packs one text after the other; it keeps the memory that zstd works in, which takes longer to get than most scripts
// to pack. Throws Error(internal) when zstd fails.
class Packer {
 public:
  Packer();
  std::string pack(std::string_view text);

 private:
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> context_;
};

// nullopt for bytes that are no frame of exactly `size` bytes.
std::optional<std::string> unpack(std::string_view packed, std::int64_t size);

// Write side: within the caller's transaction. Throws SQLite::Exception.
class Texts {
 public:
  explicit Texts(SQLite::Database& database) noexcept;
  void keep(const core::Script& script, base::Instant at);
  bool has(const std::string& sha256);

 private:
  void insert(const core::Script& script, base::Instant at);

  Packer packer_;
  Kept has_, insert_;
};

// Throws SQLite::Exception, and Error(ledger_broken) when the ledger holds no such version, or not these bytes any
// more.
std::string read_text(SQLite::Database& database, const std::string& path, const std::string& sha256);

}  // namespace ledger

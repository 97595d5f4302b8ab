#include "ledger/texts.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace ledger {
namespace {

constexpr int k_level = 3;
constexpr std::int64_t k_largest_text = std::int64_t{1} << 30U;  // bytes; more is no script but damage

}  // namespace

Packer::Packer() : context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {}

std::string Packer::pack(std::string_view text) {
  if (!context_) throw base::Error(base::ErrorKind::internal, "cannot compress what is to be kept: out of memory");
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compressCCtx(context_.get(), packed.data(), packed.size(), text.data(), text.size(), k_level);
  if (ZSTD_isError(size) != 0)
    throw base::Error(base::ErrorKind::internal,
                      fmt::format("cannot compress what is to be kept: {}", ZSTD_getErrorName(size)));
  packed.resize(size);
  return packed;
}

std::optional<std::string> unpack(std::string_view packed, std::int64_t size) {
  if (size < 0 || size > k_largest_text) return std::nullopt;
  std::string text(static_cast<std::size_t>(size), '\0');
  const std::size_t got = ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != text.size()) return std::nullopt;
  return text;
}

Texts::Texts(SQLite::Database& database) noexcept
    : has_(database, "SELECT 1 FROM versions WHERE sha256 = ?1"),
      insert_(database, "INSERT INTO versions (sha256, size, zstd, first_seen) VALUES (?1, ?2, ?3, ?4)") {}

void Texts::keep(const core::Script& script, base::Instant at) {
  if (!has(script.sha256)) insert(script, at);
}

bool Texts::has(const std::string& sha256) {
  return Query(has_).text(sha256).next();
}

void Texts::insert(const core::Script& script, base::Instant at) {
  const std::string packed = packer_.pack(script.text);
  Query(insert_)
      .text(script.sha256)
      .number(static_cast<std::int64_t>(script.text.size()))
      .blob(packed)
      .number(at.milliseconds)
      .run();
}

std::string read_text(SQLite::Database& database, const std::string& path, const std::string& sha256) {
  Query query(database, "SELECT size, zstd FROM versions WHERE sha256 = ?1");
  if (!query.text(sha256).next())
    throw base::Error(base::ErrorKind::ledger_broken,
                      fmt::format("{}: holds no text of version {}", base::escape(path), base::escape(sha256)),
                      "nothing was changed");
  const std::int64_t size = query.take_number();
  std::optional<std::string> text = unpack(query.take_text(), size);
  if (!text || base::sha256_hex(*text) != sha256)
    throw base::Error(base::ErrorKind::ledger_broken,
                      fmt::format("{}: the text of version {} is not what ran", base::escape(path), sha256),
                      "it was damaged or altered after it was recorded; nothing was changed now",
                      "compare it with a backup of the ledger");
  return *std::move(text);
}

}  // namespace ledger

// The chain over all that has become final in a ledger (schema.sql, table chain): what an entry says of its row, how
// one entry follows from the one before, and adding one at the end, at a cost that does not grow with the ledger. The
// write side adds, ledger/verify compares. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ledger/findings.hpp"
#include "ledger/sql.hpp"

namespace ledger {

enum class Link : std::uint8_t { run_start, attempt, event, run_end, details, changes, preview, import };
inline constexpr std::size_t k_links = 8;

std::string_view name(Link link) noexcept;
std::optional<Link> link_from(std::string_view name) noexcept;

// The digests of one row as it is now; of changes, a preview and an import, of all their rows.
struct Content {
  std::string row;
  std::string lines;  // of an attempt's log; empty: no line
};

struct Entry {
  std::int64_t position = 0;
  std::string kind;  // name(Link), or what somebody wrote there
  std::int64_t ref = 0;
  Content content;
  std::string hash;
};

// What the hash of an entry has to be; its own `hash` plays no part.
std::string hash_of(const Entry& entry, const std::string& before);

// Reads rows for their digests.
class Contents {
 public:
  explicit Contents(SQLite::Database& database) noexcept;
  std::optional<Content> of(Link link, std::int64_t ref);  // nullopt: there is no such row

 private:
  Kept& row_of(Link link) noexcept;
  std::string lines_of(std::int64_t attempt);
  std::string changes_of(std::int64_t attempt);  // empty: it has none
  std::string preview_of(std::int64_t run);      // likewise
  std::string import_of(std::int64_t import);    // likewise
  bool add_rows(Kept& rows, std::int64_t ref, Canonical& bytes);
  bool add_packed_rows(Kept& rows, std::int64_t ref, Canonical& bytes);

  Kept run_start_, attempt_, event_, run_end_, details_, lines_;
  Kept changes_, schema_changes_, changed_rows_;
  Kept previews_, preview_changes_, preview_schema_changes_, preview_rows_;
  Kept import_, imported_;
};

class Chain {
 public:
  explicit Chain(SQLite::Database& database) noexcept;

  // Within the caller's transaction, which has written the row itself.
  void add(Link link, std::int64_t ref);
  void add_if_there(Link link, std::int64_t ref);  // nothing for a row that does not exist
  // Position 0 and the digest of the ledger's id when nothing is in the chain.
  Head head();

 private:
  void add(Link link, std::int64_t ref, Content content);

  Contents contents_;
  Kept head_, id_, insert_;
};

// The id of this ledger; empty when somebody removed it.
std::string read_id(SQLite::Database& database);

// The hash that the first entry follows from.
std::string beginning(const std::string& id);

// Makes the chain of a ledger that has none, of what is final in it, by time. Within the caller's transaction.
void build_chain(SQLite::Database& database);

}  // namespace ledger

// What other tools have recorded, as the ledger holds it (schema.sql, tables imports and imported): asking for it.
// Used by both sides of the ledger. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/imported.hpp"
#include "ledger/sql.hpp"

namespace ledger {

// One row of table imported, as the importer tells it.
struct ImportedFact {
  std::string key;   // what tells it apart in its source
  std::string name;  // as the tool has it
  std::string stem;  // of the script here
  core::ImportedState state = core::ImportedState::applied;
  std::string note;                         // empty: nothing
  std::optional<base::Instant> at;          // nullopt: the tool does not know
  std::optional<std::int64_t> duration_ms;  // likewise
  std::string checksum;                     // empty: none
  std::optional<std::int64_t> batch;
  std::string further;  // a JSON object; empty: nothing
};

// Where a history lay.
struct Origin {
  std::string tool, source, part;
};

struct ImportCounts {
  std::int64_t rows = 0, imported = 0, already = 0, skipped = 0, failed = 0;
};

// One row of table imports.
struct Import {
  std::int64_t id = 0;
  Origin origin;
  std::string by, host, reason, command;
  base::Instant at;
  ImportCounts counts;
};

struct ImportedRow {
  std::int64_t id = 0, import = 0;
  std::string tool, source;
  base::Instant imported;
  ImportedFact fact;
};

struct ImportedFilter {
  std::string stem;         // empty: any
  std::int64_t import = 0;  // 0: any
  std::int64_t limit = 0;   // newest first; 0: all
};

class ImportedQueries {
 public:
  explicit ImportedQueries(SQLite::Database& database) noexcept;

  // What counts for this script; nullopt: nothing was imported of it, or attempts since then tell otherwise.
  std::optional<core::Imported> of(const std::string& script);

  // The first import from there; 0: there was none.
  std::int64_t origin_of(const Origin& origin);
  // Whether the newest fact of this key is in that state.
  bool is_known(std::int64_t origin, const std::string& key, core::ImportedState state);

 private:
  std::optional<core::Imported> find(const std::string& stem, core::ImportedState state, std::int64_t& last_attempt);
  std::optional<core::Imported> of_stem(const std::string& script, const std::string& stem);

  Kept has_, find_, overruled_, origin_, known_;
};

void each_imported(SQLite::Database& database, const ImportedFilter& filter,
                   const std::function<void(const ImportedRow&)>& take);
std::vector<Import> find_imports(SQLite::Database& database);

}  // namespace ledger

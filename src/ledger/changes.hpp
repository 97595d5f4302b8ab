// What attempts changed, and what previews found that scripts would change: two sets of three tables that are alike
// (schema.sql: changes, schema_changes, changed_rows; preview_changes, preview_schema_changes, preview_rows). Both
// sides of the ledger use it. Throws SQLite::Exception, and Error(ledger_broken) for rows that cannot be read.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sql.hpp"
#include "ledger/texts.hpp"

namespace ledger {

enum class ChangesOf : std::uint8_t { attempts, previews };

// Whose changes they are.
struct Changer {
  std::int64_t id = 0;      // of the attempt, or of the preview's run
  std::int64_t script = 0;  // of a preview: the number of the script in it
};

class ChangesIn {
 public:
  ChangesIn(SQLite::Database& database, ChangesOf whose);

  PackedPart pack(std::string_view rows);
  // Within the caller's transaction. false: there was nothing to write. packed: as Finished has it.
  bool insert(const Changer& changer, const core::RecordedChanges& changes, const std::vector<PackedPart>& packed = {});

  core::Changes find(const Changer& changer);
  // One part after the other, the first is 1: nothing is locked between them. nullopt: there are no more. tables: how
  // many there are; a row that names another is an error.
  std::optional<core::ChangedRows> find_rows(const Changer& changer, std::int64_t part, std::size_t tables);
  // As they are stored; empty: there are no more.
  std::string find_packed_rows(const Changer& changer, std::int64_t part);

 private:
  void insert(const Changer& changer, std::int64_t number, const core::TableChanges& table);
  void insert(const Changer& changer, std::int64_t number, const core::SchemaChange& change);
  void insert(const Changer& changer, std::int64_t number, const PackedPart& part);
  std::vector<std::string> texts_in(const std::string& list);

  Packer packer_;
  Kept insert_table_, insert_schema_, insert_rows_, tables_, schema_, rows_, texts_;
};

}  // namespace ledger

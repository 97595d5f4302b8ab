// What a script changed in the database that it may write: rows, table by table, and the schema. Told by the broker
// before it commits (target/), kept with the attempt (ledger/), shown by `show` and previews, and undone by `rollback`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/value.hpp"

namespace core {

// One row, as it was before the script and as the script left it.
struct RowChange {
  enum class Kind : std::uint8_t { inserted, updated, deleted } kind = Kind::updated;
  std::uint32_t table = 0;  // index in Changes::tables
  Row before, after;        // all columns in the order of TableChanges::columns; empty: there was none, there is none
  bool operator==(const RowChange&) const = default;
};

struct TableChanges {
  std::string table;  // the name that SQL knows it by, not quoted; servers: with its schema where that is not the
                      // current one. Empty: nobody can say which tables
  std::vector<std::string> columns;
  std::vector<std::string> key;  // columns that tell its rows apart; empty: only all columns together do
  std::uint64_t inserted = 0, updated = 0, deleted = 0;  // rows
  bool net = true;  // each row is counted once, for what it was before and is behind; false: as often as it was written
  std::string gap{};  // why the rows that are told are not all that is to know; empty: they are
  bool operator==(const TableChanges&) const = default;
};

// SQL as the database tells it; empty where it cannot.
struct SchemaChange {
  enum class Kind : std::uint8_t { created, altered, dropped } kind = Kind::altered;
  std::string type, name;  // table, index, view, trigger …
  std::string before, after;
  bool operator==(const SchemaChange&) const = default;
};

struct Changes {
  std::vector<TableChanges> tables;  // in the order in which they were touched first; those that end as they were not
  std::vector<SchemaChange> schema;
  bool empty() const noexcept { return tables.empty() && schema.empty(); }
  bool operator==(const Changes&) const = default;
};

// The rows come in parts, each packed as ChangedRows (core/message.hpp), no larger than a few of this size.
inline constexpr std::size_t k_changed_rows_part = std::size_t{256} << 10U;  // bytes

struct RecordedChanges {
  Changes changes;
  std::vector<std::string> rows;  // packed parts, in order
};

// Takes the first rows of each table and kind, at most so many of each.
class Sample {
 public:
  Sample(const Changes& changes, std::size_t most_of_each);
  bool add(RowChange&& row);  // false: there is no more to take
  std::vector<RowChange> take() { return std::move(rows_); }

 private:
  std::size_t most_of_each_;
  std::map<std::pair<std::uint32_t, RowChange::Kind>, std::size_t> counts_;
  std::uint64_t missing_ = 0;  // rows that there are and that it would take
  std::vector<RowChange> rows_;
};

// All of them; nothing of a part that cannot be read.
std::vector<RowChange> all_rows(const RecordedChanges& recorded);
// A sample of those that were told first; k_every_row: all of them.
inline constexpr std::size_t k_every_row = ~std::size_t{0};
std::vector<RowChange> sample(const RecordedChanges& recorded, std::size_t most_of_each);
std::size_t parts_sampled(std::size_t most_of_each) noexcept;  // so many of the first parts it looks into, at most

std::string_view name(RowChange::Kind kind) noexcept;
std::string_view name(SchemaChange::Kind kind) noexcept;

}  // namespace core

#include "core/changes.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/message.hpp"

namespace core {

Sample::Sample(const Changes& changes, std::size_t most_of_each) : most_of_each_(most_of_each) {
  for (const TableChanges& table : changes.tables)
    for (const std::uint64_t count : {table.inserted, table.updated, table.deleted})
      missing_ += std::min<std::uint64_t>(count, most_of_each);
}

bool Sample::add(RowChange&& row) {
  std::size_t& count = counts_[{row.table, row.kind}];
  if (count < most_of_each_) {
    ++count;
    if (missing_ > 0) --missing_;
    rows_.push_back(std::move(row));
  }
  return missing_ > 0;
}

std::vector<RowChange> all_rows(const RecordedChanges& recorded) {
  std::vector<RowChange> all;
  for (const std::string& packed : recorded.rows) {
    std::optional<ChangedRows> part = decode<ChangedRows>(packed);
    if (!part) continue;
    for (RowChange& row : part->rows) all.push_back(std::move(row));
  }
  return all;
}

std::vector<RowChange> sample(const RecordedChanges& recorded, std::size_t most_of_each) {
  Sample sample(recorded.changes, most_of_each);
  bool goes_on = true;
  const std::size_t parts = std::min(recorded.rows.size(), parts_sampled(most_of_each));
  for (std::size_t at = 0; goes_on && at < parts; ++at) {
    std::optional<ChangedRows> part = decode<ChangedRows>(recorded.rows[at]);
    if (!part) break;
    for (RowChange& row : part->rows)
      if (row.table < recorded.changes.tables.size() && !(goes_on = sample.add(std::move(row)))) break;
  }
  return sample.take();
}

std::size_t parts_sampled(std::size_t most_of_each) noexcept {
  return most_of_each == k_every_row ? std::numeric_limits<std::size_t>::max() : 1;
}

std::string_view name(RowChange::Kind kind) noexcept {
  switch (kind) {
    case RowChange::Kind::inserted:
      return "inserted";
    case RowChange::Kind::updated:
      return "updated";
    case RowChange::Kind::deleted:
      return "deleted";
  }
  return "";
}

std::string_view name(SchemaChange::Kind kind) noexcept {
  switch (kind) {
    case SchemaChange::Kind::created:
      return "created";
    case SchemaChange::Kind::altered:
      return "altered";
    case SchemaChange::Kind::dropped:
      return "dropped";
  }
  return "";
}

}  // namespace core

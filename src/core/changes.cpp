#include "core/changes.hpp"

#include <map>
#include <utility>

#include "core/message.hpp"

namespace core {

std::vector<RowChange> sample(const RecordedChanges& recorded, std::size_t most_of_each) {
  std::vector<RowChange> taken;
  if (recorded.rows.empty()) return taken;
  std::optional<ChangedRows> part = decode<ChangedRows>(recorded.rows.front());
  if (!part) return taken;
  std::map<std::pair<std::uint32_t, RowChange::Kind>, std::size_t> counts;
  for (RowChange& row : part->rows)
    if (counts[{row.table, row.kind}]++ < most_of_each) taken.push_back(std::move(row));
  return taken;
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

#include "core/approval.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

#include "base/text.hpp"

namespace core {
namespace {

bool is_near(std::uint64_t approved, std::uint64_t now, std::uint64_t percent) noexcept {
  const std::uint64_t apart = approved > now ? approved - now : now - approved;
  return apart * 100 <= approved * percent;
}

std::string compare(const ApprovedTable& approved, const TableChanges& now, std::uint64_t percent) {
  struct Pair {
    std::string_view what;
    std::uint64_t approved, now;
  };
  for (const Pair& each :
       {Pair{"inserted", approved.inserted, now.inserted}, Pair{"updated", approved.updated, now.updated},
        Pair{"deleted", approved.deleted, now.deleted}})
    if (!is_near(each.approved, each.now, percent))
      return fmt::format("{} of {} {}, {} in the preview", base::plural(each.now, "row"), base::escape(now.table),
                         each.what, each.approved);
  return {};
}

}  // namespace

Approval approval_of(const Changes& previewed, std::uint64_t percent) {
  Approval approval;
  approval.given = true;
  approval.percent = percent;
  for (const TableChanges& table : previewed.tables)
    approval.tables.push_back({table.table, table.inserted, table.updated, table.deleted});
  for (const SchemaChange& change : previewed.schema)
    approval.schema.push_back({change.kind, change.type, change.name});
  return approval;
}

namespace {

std::string schema_departure(const Approval& approval, const Changes& changes) {
  std::vector<ApprovedSchema> left = approval.schema;
  for (const SchemaChange& change : changes.schema) {
    const auto found = std::find(left.begin(), left.end(), ApprovedSchema{change.kind, change.type, change.name});
    if (found == left.end())
      return fmt::format("{} {} {}, which the preview did not show", change.type, base::escape(change.name),
                         name(change.kind));
    left.erase(found);
  }
  if (left.empty()) return {};
  return fmt::format("{} {} not {}, as it was in the preview", left.front().type, base::escape(left.front().name),
                     name(left.front().kind));
}

}  // namespace

std::string departure(const Approval& approval, const Changes& changes) {
  if (!approval.given) return {};
  if (std::string why = schema_departure(approval, changes); !why.empty()) return why;
  for (const TableChanges& now : changes.tables) {
    const auto found = std::find_if(approval.tables.begin(), approval.tables.end(),
                                    [&now](const ApprovedTable& each) { return each.table == now.table; });
    const std::string why = compare(found == approval.tables.end() ? ApprovedTable{} : *found, now, approval.percent);
    if (!why.empty()) return why;
  }
  for (const ApprovedTable& approved : approval.tables) {
    const bool is_there = std::any_of(changes.tables.begin(), changes.tables.end(),
                                      [&approved](const TableChanges& now) { return now.table == approved.table; });
    TableChanges untouched;
    untouched.table = approved.table;
    const std::string why = is_there ? std::string() : compare(approved, untouched, approval.percent);
    if (!why.empty()) return why;
  }
  return {};
}

}  // namespace core

#include "target/changed_rows.hpp"

#include <new>
#include <utility>

#include "core/changed_row.hpp"
#include "target/change_log.hpp"

namespace target {

// In the wire order of core::ChangedRows: how many, then each.
void ChangedRows::begin() {
  part_.clear();
  part_.put(std::uint32_t{0});
  count_ = 0;
}

bool ChangedRows::add(const PackedChange& change) {
  if (change.before.size() + change.after.size() > 2 * k_largest_image) return false;
  if (part_.size() == 0) begin();
  core::put_change(part_, change.kind, change.table, change.before, change.after);
  part_.replace(0, ++count_);
  if (part_.size() < core::k_changed_rows_part) return true;
  send_(part_.bytes());
  begin();
  return true;
}

std::string ChangedRows::take_rest() {
  std::string rest = count_ == 0 ? std::string() : part_.bytes();
  part_.clear();
  count_ = 0;
  return rest;
}

void tell_changes(Connection& own, core::Done& done, std::function<void(std::string_view)> send) {
  ChangedRows rows(std::move(send));
  try {
    done.changes = own.changes([&rows](const PackedChange& change) { return rows.add(change); });
    done.changed_rows = rows.take_rest();
  } catch (const std::bad_alloc&) {
    throw SqlError(core::Cause::memory, "");
  }
}

}  // namespace target

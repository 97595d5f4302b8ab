#include "target/changed_rows.hpp"

#include <utility>

namespace target {
namespace {

constexpr std::size_t k_largest = std::size_t{7} << 20U;  // bytes of one row before and behind: a message takes 16 MiB

}  // namespace

// In the wire order of core::ChangedRows: how many, then each.
void ChangedRows::begin() {
  part_.clear();
  part_.put(std::uint32_t{0});
  count_ = 0;
}

bool ChangedRows::add(const core::RowChange& change) {
  if (core::wire_size(change.before) + core::wire_size(change.after) > k_largest) return false;
  if (part_.size() == 0) begin();
  part_.put(change.kind).put(change.table).put(change.before).put(change.after);
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
  done.changes = own.changes([&rows](const core::RowChange& change) { return rows.add(change); });
  done.changed_rows = rows.take_rest();
}

}  // namespace target

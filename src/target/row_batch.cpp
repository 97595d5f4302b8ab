#include "target/row_batch.hpp"

#include "core/value.hpp"

namespace target {
namespace {

constexpr std::size_t k_rows = 512;
constexpr std::size_t k_bytes = std::size_t{256} << 10U;
constexpr std::size_t k_cursor_at = 0;

}  // namespace

bool RowBatch::fits(const Spending& spending) noexcept {
  return spending.has_room_for(k_rows, k_bytes + core::k_largest_row + core::k_most_values * sizeof(core::Value));
}

// In the order of core::Rows; what is appended after it are the rows.
void RowBatch::begin(std::uint32_t number, const std::vector<std::string>& columns) {
  out_.clear();
  out_.put(number).put(static_cast<std::uint32_t>(columns.size()));
  for (const std::string& column : columns) out_.put(std::string_view(column));
  count_at_ = out_.size();
  out_.put(std::uint32_t{0});
}

bool RowBatch::read(std::uint32_t number, Cursor& cursor, Spending& spending) {
  begin(number, cursor.columns());
  const std::size_t first_at = out_.size();
  std::uint32_t count = 0;
  bool more = true;
  while (count < k_rows && out_.size() - first_at < k_bytes) {
    const std::size_t row_at = out_.size();
    more = cursor.next(out_);
    if (!more) break;
    spending.add_row(out_.size() - row_at);
    ++count;
  }
  out_.replace(count_at_, count);
  if (!more) out_.replace(k_cursor_at, std::uint32_t{0});
  return more;
}

}  // namespace target

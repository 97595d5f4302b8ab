#include "core/changed_row.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace core {
namespace {

using Kind = RowChange::Kind;

constexpr std::uint8_t k_partly = 3;  // in the place of Kind::updated
constexpr std::size_t k_numbers = 3 * sizeof(std::uint32_t);

// How many bytes of both are the same from the start on.
std::size_t same_in_front(std::string_view left, std::string_view right) noexcept {
  const std::size_t most = std::min(left.size(), right.size());
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= most; at += sizeof(std::uint64_t))
    if (std::memcmp(left.data() + at, right.data() + at, sizeof(std::uint64_t)) != 0) break;
  while (at < most && left[at] == right[at]) ++at;
  return at;
}

// The same from the end on.
std::size_t same_behind(std::string_view left, std::string_view right) noexcept {
  const std::size_t most = std::min(left.size(), right.size());
  const char *left_end = left.data() + left.size(), *right_end = right.data() + right.size();
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= most; at += sizeof(std::uint64_t)) {
    const std::size_t back = at + sizeof(std::uint64_t);
    if (std::memcmp(left_end - back, right_end - back, sizeof(std::uint64_t)) != 0) break;
  }
  while (at < most && *(left_end - at - 1) == *(right_end - at - 1)) ++at;
  return at;
}

void put_row(Writer& out, std::string_view row) {
  if (row.empty())
    out.put(std::uint32_t{0});  // as a row without values is packed
  else
    out.append(row);
}

}  // namespace

void put_change(Writer& out, Kind kind, std::uint32_t table, std::string_view before, std::string_view after) {
  if (kind == Kind::updated) {
    const std::size_t front = same_in_front(before, after);
    const std::size_t behind = same_behind(before.substr(front), after.substr(front));
    const bool as_wide = front >= sizeof(std::uint32_t);  // the number of values, which stands in front
    if (as_wide && front + behind > k_numbers) {
      out.put(k_partly).put(table).append(before);
      out.put(static_cast<std::uint32_t>(front)).put(static_cast<std::uint32_t>(behind));
      out.put(after.substr(front, after.size() - front - behind));
      return;
    }
  }
  out.put(kind).put(table);
  put_row(out, before);
  put_row(out, after);
}

void put_change(Writer& out, const RowChange& change) {
  Writer before, after;
  before.put(change.before);
  after.put(change.after);
  put_change(out, change.kind, change.table, before.bytes(), after.bytes());
}

void read_change(Reader& in, RowChange& change) {
  const auto kind = in.number<std::uint8_t>();
  if (kind > k_partly) return in.spoil();
  change.kind = kind == k_partly ? Kind::updated : static_cast<Kind>(kind);
  change.table = in.number<std::uint32_t>();
  const std::string_view from = in.left();
  change.before = in.row();
  if (kind != k_partly) {
    change.after = in.row();
    return;
  }
  const std::string_view before = from.substr(0, from.size() - in.left().size());
  const std::size_t front = in.number<std::uint32_t>(), behind = in.number<std::uint32_t>();
  const std::string_view differs = in.view();
  if (!in.good() || front > before.size() || behind > before.size() - front) return in.spoil();
  std::string packed;
  packed.reserve(front + differs.size() + behind);
  packed.append(before.substr(0, front)).append(differs).append(before.substr(before.size() - behind));
  Reader after(packed);
  // Both are of one table: a row of any other size would hold more than was counted.
  if (Reader(packed).count() != change.before.size()) return in.spoil();
  change.after = after.row();
  if (!after.complete()) in.spoil();
}

}  // namespace core

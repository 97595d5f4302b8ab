// How a changed row lies among others: told by what differs where that is shorter, read as it was told, and refused
// where it is malformed.
#include "core/changed_row.hpp"

#include <cstdint>
#include <doctest/doctest.h>
#include <random>
#include <string>
#include <vector>

#include "core/message.hpp"

namespace {

using core::RowChange;
using Kind = RowChange::Kind;

std::string packed(const core::Row& row) {
  core::Writer out;
  return out.put(row).take();
}

std::string told(const RowChange& change) {
  core::Writer out;
  core::put_change(out, change);
  return out.take();
}

// As it lay in ledgers before rows were told by what differs.
std::string told_whole(const RowChange& change) {
  core::Writer out;
  return out.put(change.kind).put(change.table).put(change.before).put(change.after).take();
}

std::optional<RowChange> read(std::string_view bytes) {
  core::Reader in(bytes);
  RowChange change;
  core::read_change(in, change);
  return in.complete() ? std::optional(change) : std::nullopt;
}

core::Value some_value(std::mt19937& random) {
  switch (random() % 7) {
    case 0:
      return core::Null{};
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<std::int64_t>(random() % 3) - 1;
    case 3:
      return 0.5 * static_cast<double>(random() % 3);
    case 4:
      return core::Blob{std::string(random() % 20, static_cast<char>(random() % 3))};
    default:
      return std::string(random() % 20, static_cast<char>('a' + random() % 2));
  }
}

core::Row some_row(std::mt19937& random, std::size_t size) {
  core::Row row;
  while (row.size() < size) row.push_back(some_value(random));
  return row;
}

// A row behind that is told by so many bytes of the row before, and what stands between them.
std::string partly(const core::Row& before, std::uint32_t front, std::uint32_t behind, std::string_view differs) {
  core::Writer out;
  out.put(std::uint8_t{3}).put(std::uint32_t{0}).append(packed(before)).put(front).put(behind).put(differs);
  return out.take();
}

const core::Row k_wide = {std::int64_t{7}, std::string(100, 'x'), std::int64_t{1}, std::string(100, 'y')};

}  // namespace

TEST_CASE("a row that was updated takes little more room than it did before") {
  core::Row after = k_wide;
  after[2] = std::int64_t{2};
  const RowChange change{Kind::updated, 3, k_wide, after};
  CHECK(told(change).size() < packed(k_wide).size() + 30);
  CHECK(read(told(change)) == change);
  CHECK(read(told_whole(change)) == change);
}

TEST_CASE("a row that is wider behind than before, as after ALTER TABLE, is told whole") {
  core::Row wider{std::int64_t{0}};
  for (const core::Value& value : k_wide) wider.push_back(value);
  for (const RowChange& change :
       {RowChange{Kind::updated, 3, k_wide, wider}, RowChange{Kind::updated, 3, wider, k_wide}})
    CHECK(read(told(change)) == change);
}

TEST_CASE("whatever a row was and is, it is read as it was told, and never longer than as a whole") {
  std::mt19937 random(41);
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t size = random() % 5;
    RowChange change{Kind::updated, static_cast<std::uint32_t>(random() % 3), some_row(random, size), {}};
    change.after = change.before;
    if (random() % 8 == 0) change.after = some_row(random, size);
    for (core::Value& value : change.after)
      if (random() % 3 == 0) value = some_value(random);
    if (random() % 8 == 0) change = {Kind::inserted, 0, {}, change.after};
    if (random() % 8 == 0) change = {Kind::deleted, 1, change.before, {}};
    const std::string bytes = told(change);
    CAPTURE(round);
    REQUIRE(read(bytes) == change);
    REQUIRE(bytes.size() <= told_whole(change).size());
  }
}

TEST_CASE("a row that claims more of the one before than there is, is refused") {
  const auto size = static_cast<std::uint32_t>(packed(k_wide).size());
  REQUIRE(read(partly(k_wide, size, 0, "")));
  REQUIRE(read(partly(k_wide, 0, size, "")));
  REQUIRE(read(partly(k_wide, 20, size - 20, "")));
  CHECK_FALSE(read(partly(k_wide, size + 1, 0, "")));
  CHECK_FALSE(read(partly(k_wide, 0, size + 1, "")));
  CHECK_FALSE(read(partly(k_wide, size, 1, "")));
  CHECK_FALSE(read(partly(k_wide, 0xFFFF'FFFFU, 0xFFFF'FFFFU, "")));
}

TEST_CASE("a row that is put together to something that is no row of its table is refused") {
  const auto size = static_cast<std::uint32_t>(packed(k_wide).size());
  CHECK_FALSE(read(partly(k_wide, size, 0, "z")));                                            // a byte too much
  CHECK_FALSE(read(partly(k_wide, size - 1, 0, "")));                                         // one too few
  CHECK_FALSE(read(partly(k_wide, 0, 0, packed({}))));                                        // no column
  CHECK_FALSE(read(partly(k_wide, 0, 0, packed({core::Null{}, core::Null{}}))));              // fewer
  CHECK_FALSE(read(partly({core::Null{}}, 0, 0, packed(core::Row(100'000, core::Null{})))));  // more than were counted
  std::string kind = told({Kind::deleted, 0, k_wide, {}});
  kind.front() = 4;
  CHECK_FALSE(read(kind));
}

#include "target/change_log.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <string>
#include <vector>

using target::ChangeLog;
using Kind = core::RowChange::Kind;

namespace {

constexpr std::uint64_t k_plenty = std::uint64_t{1} << 30U;

struct Told {
  Kind kind;
  std::uint32_t table;
  std::string before, after;
  bool operator==(const Told&) const = default;
};

struct Log : ChangeLog {
  explicit Log(std::uint64_t images = k_plenty) { keep(images); }
  Table table(const std::string& name) { return add({name, {"id", "name"}, {"id"}, 0, 0, 0, true, {}}); }
  void write(Table table, Kind kind, const std::string& key, std::optional<std::string> before) {
    count(table, kind);
    if (touch(table, key)) was(table, before ? std::optional<std::string_view>(*before) : std::nullopt);
  }
  core::Changes told(const Read& read) {
    return net(read, [this](const target::PackedChange& change) {
      rows_told.push_back({change.kind, change.table, std::string(change.before), std::string(change.after)});
      return true;
    });
  }
  std::vector<Told> rows_told;
};

}  // namespace

TEST_CASE("change log: each row is told once, for what it was and is, whatever happened in between") {
  Log log;
  const auto table = log.table("users");
  log.write(table, Kind::inserted, "new", std::nullopt);
  log.write(table, Kind::updated, "new", "n1");
  log.write(table, Kind::updated, "kept", "k1");
  log.write(table, Kind::updated, "kept", "k2");
  log.write(table, Kind::updated, "same", "s1");
  log.write(table, Kind::deleted, "gone", "g1");
  log.write(table, Kind::inserted, "brief", std::nullopt);
  log.write(table, Kind::deleted, "brief", "b1");
  const core::Changes changes = log.told([&log](ChangeLog::Table which, ChangeLog::Netting& now) {
    const target::NotedRows& rows = log.rows(which);
    CHECK(rows.size() == 5);
    CHECK(rows.key(0) == "new");
    CHECK_FALSE(rows.before(0));
    CHECK(rows.before(1) == "k1");
    CHECK_FALSE(rows.find("never"));
    now.is_now(*rows.find("same"), "s1");
    now.is_now(*rows.find("kept"), "k3");
    now.is_now(*rows.find("new"), "n2");
  });
  REQUIRE(changes.tables.size() == 1);
  CHECK(changes.tables[0] == core::TableChanges{"users", {"id", "name"}, {"id"}, 1, 1, 1, true, ""});
  CHECK(log.rows_told ==
        std::vector<Told>{{Kind::updated, 0, "k1", "k3"}, {Kind::inserted, 0, "", "n2"}, {Kind::deleted, 0, "g1", ""}});
}

TEST_CASE("change log: a table that ends as it was is not told, and those behind it keep their places") {
  Log log;
  const auto first = log.table("first"), second = log.table("second");
  log.write(first, Kind::updated, "a", "1");
  log.write(second, Kind::updated, "a", "1");
  const core::Changes changes =
      log.told([&](ChangeLog::Table table, ChangeLog::Netting& now) { now.is_now(0, table == first ? "1" : "2"); });
  REQUIRE(changes.tables.size() == 1);
  CHECK(changes.tables[0].table == "second");
  CHECK(log.rows_told == std::vector<Told>{{Kind::updated, 0, "1", "2"}});
}

TEST_CASE("change log: a table that would hold more than the images may is given up, and its writes are counted on") {
  Log log(1000);
  const auto large = log.table("large"), small = log.table("small");
  log.write(large, Kind::updated, "a", std::string(400, 'x'));
  log.write(large, Kind::updated, "b", std::string(700, 'x'));
  log.write(large, Kind::updated, "a", "");
  log.write(small, Kind::updated, "a", std::string(800, 'x'));  // what the other one held is free again
  CHECK(log.is_given_up(large));
  CHECK_FALSE(log.is_given_up(small));
  CHECK(log.rows(large).size() == 0);
  const core::Changes changes = log.told([&](ChangeLog::Table table, ChangeLog::Netting& now) {
    if (table == small) now.is_now(0, "y");
  });
  REQUIRE(changes.tables.size() == 2);
  CHECK(changes.tables[0].updated == 3);
  CHECK_FALSE(changes.tables[0].net);
  CHECK(changes.tables[0].gap == "more than 1000 B of rows changed ([run] images)");
  CHECK(changes.tables[1].net);
  CHECK(changes.tables[1].gap == "");
  CHECK(log.rows_told.size() == 1);
}

TEST_CASE("change log: rows as they are behind are told up to the same size, and counted to the end") {
  Log log(1000);
  const auto table = log.table("t");
  for (const char* key : {"a", "b", "c"}) log.write(table, Kind::inserted, key, std::nullopt);
  const std::string row(400, 'x');
  const core::Changes changes = log.told([&](ChangeLog::Table, ChangeLog::Netting& now) {
    for (std::size_t at = 0; at < 3; ++at) now.is_now(at, row);
  });
  CHECK(changes.tables.at(0).inserted == 3);
  CHECK(changes.tables[0].net);
  CHECK(changes.tables[0].gap == "more than 1000 B of rows changed ([run] images)");
  CHECK(log.rows_told.size() == 2);
}

TEST_CASE("change log: without images only writes are counted") {
  Log log(0);
  const auto table = log.table("t");
  log.write(table, Kind::inserted, "a", std::nullopt);
  log.write(table, Kind::deleted, "a", "1");
  const core::Changes changes = log.told([](ChangeLog::Table, ChangeLog::Netting&) {});
  CHECK(changes.tables.at(0) ==
        core::TableChanges{"t", {"id", "name"}, {"id"}, 1, 0, 1, false, "no rows are kept ([run] images = 0)"});
}

TEST_CASE(
    "change log: a table that was dropped has lost the rows that it had, and one that was made has what is in it") {
  Log log;
  const auto gone = log.table("gone"), made = log.table("made"), brief = log.table("brief");
  log.write(gone, Kind::updated, "a", "1");
  log.drop(gone, 7, true, "it was dropped");
  log.write(made, Kind::inserted, "a", std::nullopt);
  log.write(brief, Kind::inserted, "a", std::nullopt);
  const core::Changes changes = log.told([&](ChangeLog::Table table, ChangeLog::Netting& now) {
    if (table == gone) return;
    now.was_made({"id", "more"}, {});
    if (table == made) now.added("1");
    if (table == made) now.added("2");
  });
  REQUIRE(changes.tables.size() == 2);
  CHECK(changes.tables[0].deleted == 7);
  CHECK(changes.tables[0].net);
  CHECK(changes.tables[0].gap == "it was dropped");
  CHECK(changes.tables[1] == core::TableChanges{"made", {"id", "more"}, {}, 2, 0, 0, true, ""});
  CHECK(log.rows_told.size() == 2);
}

TEST_CASE("change log: what is too much for a message is told together") {
  Log log;
  for (int number = 0; number < 2500; ++number)
    log.write(log.table("t" + std::to_string(number)), Kind::deleted, "a", "1");
  const core::Changes changes = log.told([](ChangeLog::Table, ChangeLog::Netting&) {});
  REQUIRE(changes.tables.size() == 2001);
  CHECK(changes.tables.back().table == "");
  CHECK(changes.tables.back().deleted == 500);
  CHECK(log.rows_told.size() == 2000);

  using Change = core::SchemaChange;
  std::vector<Change> schema(6000, {Change::Kind::created, "table", "t", "", "create table t (a)"});
  schema[1].after = std::string(std::size_t{300} << 10U, 'x');
  schema = target::within_bounds(std::move(schema));
  CHECK(schema.size() == 5001);
  CHECK(schema[0].after == "create table t (a)");
  CHECK(schema[1].after == "");
  CHECK(schema.back().name == "1000 more");
}

TEST_CASE("change log: a hundred thousand rows are found again, and start_anew() forgets them") {
  Log log;
  const auto table = log.table("t");
  constexpr int k_rows = 100'000;
  for (int row = 0; row < k_rows; ++row)
    log.write(table, Kind::updated, "key " + std::to_string(row), std::string(50, 'x'));
  const target::NotedRows& rows = log.rows(table);
  REQUIRE(rows.size() == k_rows);
  for (int row = 0; row < k_rows; row += 999)
    CHECK(rows.find("key " + std::to_string(row)) == static_cast<std::size_t>(row));
  log.start_anew();
  CHECK(log.size() == 0);
  CHECK(log.rows(log.table("t")).size() == 0);
}

TEST_CASE("change log: rows are told apart in whatever order they are touched, and touched again") {
  constexpr std::size_t k_rows = 3'000;
  std::mt19937 random(5);
  for (const std::size_t in_order : {std::size_t{0}, std::size_t{1}, std::size_t{64}, k_rows / 2, k_rows}) {
    CAPTURE(in_order);
    std::vector<std::string> keys;
    for (std::size_t row = 0; row < k_rows; ++row) {
      keys.push_back("key ");
      for (const unsigned shift : {16U, 8U, 0U}) keys.back() += static_cast<char>((row * 8) >> shift);
    }
    std::shuffle(keys.begin() + static_cast<std::ptrdiff_t>(in_order), keys.end(), random);
    Log log;
    const auto table = log.table("t");
    for (std::size_t row = 0; row < k_rows; ++row) {
      log.write(table, Kind::updated, keys[row], "first");
      log.write(table, Kind::updated, keys[row], "once more");
      if (row >= in_order) log.write(table, Kind::updated, keys[random() % (row + 1)], "again");
    }
    const target::NotedRows& rows = log.rows(table);
    REQUIRE(rows.size() == k_rows);
    for (std::size_t row = 0; row < k_rows; ++row) {
      REQUIRE(rows.key(row) == keys[row]);
      REQUIRE(rows.before(row) == "first");
      REQUIRE(rows.find(keys[row]) == row);
      REQUIRE_FALSE(rows.find(keys[row] + '\0'));
      REQUIRE_FALSE(rows.find(keys[row].substr(0, 6)));
    }
  }
}

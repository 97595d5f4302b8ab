#include "target/sqlite_rows.hpp"

#include <algorithm>

namespace target {
namespace {

constexpr std::uint64_t k_widest_gap = 16;  // between the rowids of two noted rows that are read in one go

}  // namespace

void SqliteRows::put_key(std::string& key, std::int64_t rowid, sqlite3_stmt* row) {
  put_key(key, rowid, [row](std::size_t place) { return column(row, static_cast<int>(place) + 1); });
}

bool SqliteRows::pack(core::Writer& packed, sqlite3_stmt* row) const {
  packed.clear();
  packed.put(static_cast<std::uint32_t>(table_.columns.size()));
  for (int at = 1; at <= static_cast<int>(table_.columns.size()); ++at) {
    sqlite3_value* value = sqlite3_column_value(row, at);
    if (packed.size() + bytes_of(value) > k_largest_image) return false;
    packed.put(view_of(value));
  }
  return true;
}

std::optional<std::string_view> SqliteRows::packed_at(sqlite3_stmt* row) {
  return pack(row_, row) ? std::optional<std::string_view>(row_.bytes()) : std::nullopt;
}

SqliteQuestion& SqliteRows::by_rowid(std::int64_t first, std::int64_t last) {
  if (!by_rowid_) by_rowid_.emplace(database_, rows_by_rowid(table_));
  by_rowid_->again();
  return by_rowid_->with(first).with(last);
}

SqliteQuestion& SqliteRows::by_key(std::string_view key) {
  if (!by_key_) by_key_.emplace(database_, row_by_key(table_));
  by_key_->again();
  core::Reader values(key.substr(1));
  for (std::size_t at = 0; at < table_.key.size(); ++at) by_key_->with(values.value_view());
  return *by_key_;
}

void SqliteRows::read_again(const NotedRows& rows, const Found& found) {
  Numbered by_number;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (const auto rowid = rowid_in(rows.key(row))) {
      by_number.emplace_back(*rowid, static_cast<std::uint32_t>(row));
      continue;
    }
    SqliteQuestion& question = by_key(rows.key(row));
    if (!question.next()) continue;
    put_key(key_, 0, question.statement());
    // Where letters of both cases are the same, another key may answer.
    if (key_ == rows.key(row)) found(row, packed_at(question.statement()));
    question.again();
  }
  if (!std::is_sorted(by_number.begin(), by_number.end())) std::sort(by_number.begin(), by_number.end());
  read_by_rowid(by_number, found);
}

// Those that lie near each other in one go.
void SqliteRows::read_by_rowid(const Numbered& rows, const Found& found) {
  const auto distance = [&rows](std::size_t at) {
    return static_cast<std::uint64_t>(rows[at].first) - static_cast<std::uint64_t>(rows[at - 1].first);
  };
  for (std::size_t first = 0, next = 0; first < rows.size(); first = next) {
    next = first + 1;
    while (next < rows.size() && distance(next) <= k_widest_gap) ++next;
    SqliteQuestion& question = by_rowid(rows[first].first, rows[next - 1].first);
    for (std::size_t at = first; question.next();) {
      const std::int64_t rowid = question.number(0);
      while (at < next && rows[at].first < rowid) ++at;
      if (at == next || rows[at].first != rowid) continue;
      if (table_.by_values()) {
        put_key(key_, rowid, question.statement());
        if (!rowid_in(key_)) continue;  // it has a primary key now
      }
      found(rows[at].second, packed_at(question.statement()));
    }
  }
}

void SqliteRows::read_all(const std::function<void(std::optional<std::string_view>)>& found) {
  SqliteQuestion question(database_, all_rows(table_));
  while (question.next()) found(packed_at(question.statement()));
}

}  // namespace target

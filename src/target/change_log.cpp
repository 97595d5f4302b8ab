#include "target/change_log.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "base/text.hpp"

namespace target {
namespace {

using Kind = core::RowChange::Kind;

constexpr std::uint32_t k_none = ~std::uint32_t{0};
constexpr std::size_t k_head = 2 * sizeof(std::uint32_t);  // of a record
constexpr std::size_t k_beside = 32;                       // bytes of entry and slots that come with a record
constexpr std::size_t k_first_chunk = std::size_t{4} << 10U, k_largest_chunk = std::size_t{256} << 10U;
constexpr std::size_t k_first_slots = 64;

// All of core::Changes travels in one message (Done).
constexpr std::size_t k_most_names = std::size_t{1} << 20U;  // bytes of tables' and columns' names
constexpr std::size_t k_most_tables = 2'000, k_most_schema_changes = 5'000;
constexpr std::size_t k_longest_sql = std::size_t{256} << 10U, k_most_sql = std::size_t{2} << 20U;  // bytes

std::uint32_t number_at(const char* bytes) noexcept {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

// Eight bytes at a time; keys are short. Keys that differ in the last three bits alone have places in the same eight
// slots, since rows are mostly written in their order; which of them is whose is mixed, too.
std::uint32_t hash_of(std::string_view key) noexcept {
  constexpr std::uint64_t k_odd = 0x9E3779B97F4A7C15U;
  constexpr std::uint32_t k_near = 7;
  const std::uint32_t last = key.empty() ? 0 : static_cast<unsigned char>(key.back()) & k_near;
  std::uint64_t hash = key.size() * k_odd;
  while (!key.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = std::min(key.size(), sizeof word);
    std::memcpy(&word, key.data(), taken);
    key.remove_prefix(taken);
    if (key.empty()) word ^= std::uint64_t{last} << (8 * (taken - 1));
    hash = (hash ^ word) * k_odd;
    hash ^= hash >> 32U;
  }
  const auto mixed = static_cast<std::uint32_t>(hash);
  return (mixed & ~k_near) | ((mixed + last) & k_near);
}

std::uint64_t& counter(core::TableChanges& said, Kind kind) noexcept {
  if (kind == Kind::inserted) return said.inserted;
  return kind == Kind::updated ? said.updated : said.deleted;
}

}  // namespace

std::string image_too_large() {
  return fmt::format("a row is larger than {}", base::format_size(k_largest_image));
}

// --- rows of one table ---------------------------------------------------------------------------------------------

std::string_view NotedRows::key(std::size_t row) const noexcept {
  const char* record = entries_[row].record;
  return {record + k_head, number_at(record)};
}

std::optional<std::string_view> NotedRows::before(std::size_t row) const noexcept {
  const char* record = entries_[row].record;
  const std::uint32_t size = number_at(record + sizeof size);
  if (size == k_none) return std::nullopt;
  return std::string_view(record + k_head + number_at(record), size);
}

// Where it is, or where it would be.
std::size_t NotedRows::slot_of(std::string_view sought, std::uint32_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) return slot;
    const std::size_t row = slots_[slot] - 1;
    if (entries_[row].hash == hash && key(row) == sought) return slot;
  }
}

std::optional<std::size_t> NotedRows::find(std::string_view sought) const noexcept {
  if (slots_.empty()) return find_in_order(sought);
  const std::uint32_t found = slots_[slot_of(sought, hash_of(sought))];
  return found == 0 ? std::nullopt : std::optional<std::size_t>(found - 1);
}

std::optional<std::size_t> NotedRows::find_in_order(std::string_view sought) const noexcept {
  std::size_t first = 0, end = entries_.size();
  while (first < end) {
    const std::size_t middle = first + (end - first) / 2;
    if (key(middle) < sought)
      first = middle + 1;
    else
      end = middle;
  }
  return first < entries_.size() && key(first) == sought ? std::optional(first) : std::nullopt;
}

// Most scripts touch rows in the order of their keys: then a row is new without being looked for.
bool NotedRows::touch(std::string_view sought) {
  if (slots_.empty()) {
    const int order = entries_.empty() ? -1 : key(entries_.size() - 1).compare(sought);
    if (order == 0) return false;
    if (order < 0) {
      new_key_ = sought;
      return true;
    }
    scatter();
  }
  new_hash_ = hash_of(sought);
  if (slots_[slot_of(sought, new_hash_)] != 0) return false;
  new_key_ = sought;
  return true;
}

void NotedRows::was(std::optional<std::string_view> before) {
  if (!slots_.empty() && 2 * (entries_.size() + 1) > slots_.size()) grow();
  const std::size_t bytes = k_head + new_key_.size() + (before ? before->size() : 0);
  char* record = take(bytes);
  const auto key_size = static_cast<std::uint32_t>(new_key_.size());
  const std::uint32_t size = before ? static_cast<std::uint32_t>(before->size()) : k_none;
  std::memcpy(record, &key_size, sizeof key_size);
  std::memcpy(record + sizeof key_size, &size, sizeof size);
  std::memcpy(record + k_head, new_key_.data(), new_key_.size());
  if (before && !before->empty()) std::memcpy(record + k_head + key_size, before->data(), before->size());
  entries_.push_back({record, new_hash_, false});
  if (!slots_.empty()) settle_in(entries_.size() - 1);
  bytes_ += bytes + k_beside;
}

void NotedRows::grow() {
  slots_.assign(std::max(k_first_slots, 4 * slots_.size()), 0);
  for (std::size_t row = 0; row < entries_.size(); ++row) settle_in(row);
}

// From here on they are found by their hashes.
void NotedRows::scatter() {
  for (std::size_t row = 0; row < entries_.size(); ++row) entries_[row].hash = hash_of(key(row));
  std::size_t slots = k_first_slots;
  while (slots < 4 * entries_.size()) slots *= 2;
  slots_.assign(slots, 0);
  for (std::size_t row = 0; row < entries_.size(); ++row) settle_in(row);
}

// Its key is not there yet.
void NotedRows::settle_in(std::size_t row) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = entries_[row].hash & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = static_cast<std::uint32_t>(row + 1);
}

char* NotedRows::take(std::size_t bytes) {
  if (bytes > left_) {
    chunk_size_ = std::clamp(2 * chunk_size_, k_first_chunk, k_largest_chunk);
    left_ = std::max(bytes, chunk_size_);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    free_ = chunks_.back().get();
  }
  char* taken = free_;
  free_ += bytes;
  left_ -= bytes;
  return taken;
}

void NotedRows::forget() noexcept {
  *this = NotedRows();
}

// --- while a script works ------------------------------------------------------------------------------------------

void ChangeLog::start_anew() {
  tables_.clear();
  held_ = 0;
}

std::string ChangeLog::too_much() const {
  if (images_ == 0) return "no rows are kept ([run] images = 0)";
  return fmt::format("more than {} of rows changed ([run] images)", base::format_size(images_));
}

ChangeLog::Table ChangeLog::add(core::TableChanges said) {
  tables_.emplace_back();
  tables_.back().said = std::move(said);
  if (images_ == 0) give_up(tables_.size() - 1, too_much());
  return tables_.size() - 1;
}

void ChangeLog::count(Table table, Kind kind, std::uint64_t rows) noexcept {
  Account& account = tables_[table];
  counter(account.said, kind) += rows;
  if (account.given_up) account.said.net = false;
}

bool ChangeLog::touch(Table table, std::string_view key) {
  Account& account = tables_[table];
  return !account.given_up && account.rows.touch(key);
}

void ChangeLog::was(Table table, std::optional<std::string_view> before) {
  NotedRows& rows = tables_[table].rows;
  const std::uint64_t bytes = k_head + k_beside + rows.new_key_.size() + (before ? before->size() : 0);
  if (held_ + bytes > images_) return give_up(table, too_much());
  rows.was(before);
  held_ += bytes;
}

void ChangeLog::give_up(Table table, std::string_view gap) {
  Account& account = tables_[table];
  if (account.given_up) return;
  account.given_up = true;
  account.said.net = false;
  account.said.gap = gap;
  held_ -= std::min(held_, account.rows.bytes_);
  account.rows.forget();
}

void ChangeLog::drop(Table table, std::uint64_t rows, bool net, std::string_view gap) {
  give_up(table, gap);
  Account& account = tables_[table];
  account.said.gap = gap;
  account.said.inserted = account.said.updated = 0;
  account.said.deleted = rows;
  account.said.net = net;
}

// --- at the end ----------------------------------------------------------------------------------------------------

core::Changes ChangeLog::net(const Read& read, const Connection::TellRow& tell) {
  core::Changes changes;
  Netting now(*this, changes, tell);
  for (Table table = 0; table < tables_.size(); ++table) {
    now.open(table);
    read(table, now);
    now.close();
  }
  return changes;
}

void ChangeLog::Netting::open(Table table) {
  table_ = table;
  const Account& account = log_.tables_[table];
  said_ = account.said;
  if (!account.given_up) said_.inserted = said_.updated = said_.deleted = 0;
  place_.reset();
  whole_ = false;
  mute_ = account.given_up;
}

void ChangeLog::Netting::was_made(std::vector<std::string> columns, std::vector<std::string> key) {
  whole_ = true;
  said_.inserted = said_.updated = said_.deleted = 0;
  said_.net = true;
  said_.gap.clear();
  said_.columns = std::move(columns);
  said_.key = std::move(key);
  mute_ = false;
}

void ChangeLog::Netting::added(std::optional<std::string_view> after) {
  tell(Kind::inserted, std::string_view(), after);
}

void ChangeLog::Netting::is_now(std::size_t row, std::optional<std::string_view> after) {
  NotedRows& rows = log_.tables_[table_].rows;
  rows.entries_[row].settled = true;
  const std::optional<std::string_view> before = rows.before(row);
  if (!before) return tell(Kind::inserted, std::string_view(), after);
  if (before != after) tell(Kind::updated, before, after);
}

// What was there and is not mentioned is gone.
void ChangeLog::Netting::close() {
  const NotedRows& rows = log_.tables_[table_].rows;
  for (std::size_t row = 0; row < rows.size() && !whole_; ++row)
    if (!rows.entries_[row].settled && rows.before(row)) tell(Kind::deleted, rows.before(row), std::string_view());
  if (said_.inserted + said_.updated + said_.deleted == 0) return;
  mention();
  core::TableChanges& told = changes_.tables[*place_];
  if (!crowded_) {
    told = std::move(said_);
    return;
  }
  told.inserted += said_.inserted;
  told.updated += said_.updated;
  told.deleted += said_.deleted;
  told.net = told.net && said_.net;
}

// Its place is taken with its first row, so that a table of which nothing remains has none.
void ChangeLog::Netting::mention() {
  if (place_) return;
  if (!crowded_) {
    strings_ += said_.table.size() + sizeof(core::TableChanges);
    for (const std::string& column : said_.columns) strings_ += column.size() + sizeof(std::uint32_t);
    for (const std::string& column : said_.key) strings_ += column.size() + sizeof(std::uint32_t);
    crowded_ = strings_ > k_most_names || changes_.tables.size() >= k_most_tables;
    changes_.tables.emplace_back();
    if (crowded_) changes_.tables.back().gap = "more tables than can be told one by one";
  }
  place_ = static_cast<std::uint32_t>(changes_.tables.size() - 1);
}

void ChangeLog::Netting::tell(Kind kind, std::optional<std::string_view> before,
                              std::optional<std::string_view> after) {
  ++counter(said_, kind);
  mention();
  if (mute_ || crowded_) return;
  if (after && told_ + after->size() > log_.images_) {
    mute_ = true;
    said_.gap = log_.too_much();
    return;
  }
  if (after) told_ += after->size();
  if (!after || !tell_({kind, *place_, *before, *after})) said_.gap = image_too_large();
}

std::vector<core::SchemaChange> within_bounds(std::vector<core::SchemaChange> schema) {
  std::size_t bytes = 0, kept = 0;
  for (core::SchemaChange& change : schema) {
    for (std::string* sql : {&change.before, &change.after}) {
      if (sql->size() > k_longest_sql || bytes + sql->size() > k_most_sql) sql->clear();
      bytes += sql->size();
    }
    bytes += change.name.size();
    if (kept >= k_most_schema_changes || bytes > k_most_sql) break;
    ++kept;
  }
  if (kept == schema.size()) return schema;
  const std::string rest = fmt::format("{} more", schema.size() - kept);
  schema.resize(kept);
  schema.push_back({core::SchemaChange::Kind::altered, "schema", rest, {}, {}});
  return schema;
}

}  // namespace target

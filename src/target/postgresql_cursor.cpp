#include "target/postgresql_cursor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace target {
namespace {

constexpr int k_most_rows = 4096;                         // fetched at once
constexpr std::size_t k_fetched = std::size_t{1} << 19U;  // bytes that one fetch aims at; two are held
// That is waited for one. Who stops reading, and whoever comes after, has to wait for what was fetched ahead.
constexpr std::chrono::milliseconds k_longest_wait{50};

}  // namespace

PgCursor::PgCursor(PgReader& reader, PgResult first, std::string name)
    : reader_(reader),
      pq_(libpq()),
      rows_(std::move(first)),
      columns_(rows_.get()),
      name_(std::move(name)),
      count_(pq_.ntuples(rows_.get())),
      more_(!name_.empty() && count_ == asked_),
      most_(4 * asked_) {}

PgCursor::~PgCursor() {
  if (!name_.empty()) reader_.forget(std::move(name_));
}

bool PgCursor::next(core::Writer& row) {
  if (at_ == count_ && !read_on()) return false;
  columns_.put_row(rows_.get(), at_++, row);
  return true;
}

// As many as fit into the memory for them if they are like those before; the next ones may be larger.
void PgCursor::fetch() {
  const std::size_t each = pq_.resultMemorySize(rows_.get()) / static_cast<std::size_t>(std::max(count_, 1)) + 1;
  asked_ = static_cast<int>(std::clamp<std::size_t>(k_fetched / each, 1, static_cast<std::size_t>(most_)));
  ahead_ = reader_.fetch(name_, asked_);
}

// Nothing is fetched ahead before the first rows were read to their end: many queries are not.
bool PgCursor::read_on() {
  if (!more_) return false;
  if (!ahead_) fetch();
  rows_.reset();
  count_ = at_ = 0;
  const auto start = os::Steady::now();
  rows_ = reader_.hear(std::exchange(ahead_, nullptr));
  const auto waited = os::Steady::now() - start;
  count_ = pq_.ntuples(rows_.get());
  most_ = std::min(4 * asked_, k_most_rows);
  if (waited > k_longest_wait)
    most_ = std::max(
        1, static_cast<int>(static_cast<double>(asked_) * (k_longest_wait / std::chrono::duration<double>(waited))));
  more_ = count_ == asked_;
  if (more_) fetch();
  return count_ > 0;
}

}  // namespace target

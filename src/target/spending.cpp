#include "target/spending.hpp"

#include <utility>

#include "target/connection.hpp"

namespace target {

using core::Cause;

void Spending::start_anew() {
  *this = Spending(limits_);
}

void Spending::check() const {
  if (cause_ != Cause::none) throw SqlError(cause_, fault_);
}

void Spending::hit(Cause cause, std::string fault) {
  cause_ = cause;
  fault_ = std::move(fault);
  throw SqlError(cause_, fault_);
}

void Spending::check_changed(const Connection& own) {
  const std::uint64_t changed = changed_before_ + own.rows_changed();
  if (most_changed_ == 0 || changed <= most_changed_) return;
  hit(Cause::rule, core::too_many_changed(changed, most_changed_));
}

void Spending::turn_page(std::uint64_t changed) noexcept {
  changed_before_ += changed;
  statements_ = rows_ = bytes_ = 0;
}

void Spending::add_statements(std::uint64_t count) {
  statements_ += count;
  if (statements_ > limits_.statements) hit(Cause::error, core::too_many_statements(limits_));
}

void Spending::add_row(std::uint64_t bytes) {
  ++rows_;
  bytes_ += bytes;
  if (rows_ > limits_.rows) hit(Cause::error, core::too_many_rows(limits_));
  if (bytes_ > limits_.bytes) hit(Cause::error, core::too_many_bytes(limits_));
}

bool Spending::has_room_for(std::uint64_t rows, std::uint64_t bytes) const noexcept {
  return rows <= limits_.rows - rows_ && bytes <= limits_.bytes - bytes_;
}

void Spending::hit_memory() {
  if (cause_ != Cause::none) return;
  cause_ = Cause::memory;
  fault_ = too_much_memory();
}

}  // namespace target

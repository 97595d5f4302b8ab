// What one attempt has used up of its limits, counted where the worker cannot skip it: in the broker, over shouldRun()
// and execute() together. A limit that was hit stays hit, so that an attempt which swallows the error cannot commit.
#pragma once

#include <cstdint>
#include <string>

#include "core/limits.hpp"
#include "core/outcome.hpp"

namespace target {

class Connection;

class Spending {
 public:
  explicit Spending(const core::Limits& limits) noexcept : limits_(limits) {}

  // Another attempt begins.
  void start_anew();

  // Each throws SqlError when the limit is hit, and from then on.
  void check() const;
  void add_statements(std::uint64_t count);
  void add_row(std::uint64_t bytes);

  // Whether these would stay within the limits.
  bool has_room_for(std::uint64_t rows, std::uint64_t bytes) const noexcept;

  // Of rows that the script may change by its own word; 0: any number. Throws SqlError when they are more.
  void allow_changes(std::uint64_t rows) noexcept { most_changed_ = rows; }
  void check_changed(const Connection& own);

  // So many rows were changed in a page that is committed: they count for the script's own word, while what may be
  // used up is had anew by each page.
  void turn_page(std::uint64_t changed) noexcept;

  // The database ran out of the memory it was given.
  void hit_memory();
  std::string too_much_memory() const { return core::too_much_database_memory(limits_); }

  // none: within all limits.
  core::Cause cause() const noexcept { return cause_; }
  const std::string& fault() const noexcept { return fault_; }

 private:
  [[noreturn]] void hit(core::Cause cause, std::string fault);

  core::Limits limits_;
  std::uint64_t statements_ = 0, rows_ = 0, bytes_ = 0, most_changed_ = 0, changed_before_ = 0;
  core::Cause cause_ = core::Cause::none;
  std::string fault_;
};

}  // namespace target

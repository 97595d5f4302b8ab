// Some rows of a query as one core::Rows message, written straight from the database's columns. Lives in the broker,
// which keeps one for all queries: its memory is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire.hpp"
#include "target/connection.hpp"
#include "target/spending.hpp"

namespace target {

class RowBatch {
 public:
  // The next rows of a cursor that the worker knows by this number. false: they were its last. Throws SqlError when the
  // database cannot go on or a limit is hit.
  bool read(std::uint32_t number, Cursor& cursor, Spending& spending);

  // Whether no batch could hit a limit.
  static bool fits(const Spending& spending) noexcept;

  std::string_view body() const noexcept { return out_.bytes(); }

 private:
  void begin(std::uint32_t number, const std::vector<std::string>& columns);

  core::Writer out_;
  std::size_t count_at_ = 0;
};

}  // namespace target

#include "target/sqlite_cursor.hpp"

#include <string>
#include <utility>
#include <vector>

#include "target/refusals.hpp"

namespace target {
namespace {

using core::Cause;

class SqliteCursor final : public Cursor {
 public:
  SqliteCursor(Compiled statement, std::function<bool(sqlite3_stmt*)> step);
  const std::vector<std::string>& columns() const override { return columns_; }
  bool next(core::Writer& row) override;

 private:
  Compiled statement_;
  std::function<bool(sqlite3_stmt*)> step_;
  std::vector<std::string> columns_;
};

SqliteCursor::SqliteCursor(Compiled statement, std::function<bool(sqlite3_stmt*)> step)
    : statement_(std::move(statement)), step_(std::move(step)) {
  const int count = sqlite3_column_count(statement_.get());
  std::size_t bytes = 0;
  for (int index = 0; index < count; ++index) {
    const char* name = sqlite3_column_name(statement_.get(), index);
    if (name == nullptr) throw SqlError(Cause::memory, "out of memory");
    bytes += std::string_view(name).size();
    if (bytes > k_longest_column_names) throw SqlError(Cause::error, column_names_too_long());
    columns_.emplace_back(name);
  }
}

// The size is looked at before a value is made or copied: it may have a gigabyte.
bool SqliteCursor::next(core::Writer& row) {
  if (!statement_ || !step_(statement_.get())) {
    statement_.reset();  // stepping again would start over
    return false;
  }
  row.put(static_cast<std::uint32_t>(columns_.size()));
  std::size_t bytes = 0;
  for (int index = 0; index < static_cast<int>(columns_.size()); ++index) {
    bytes += column_bytes(statement_.get(), index);
    if (bytes > core::k_largest_row) throw SqlError(Cause::error, row_too_large());
    row.put(column(statement_.get(), index));
  }
  return true;
}

}  // namespace

std::unique_ptr<Cursor> read_rows(Compiled statement, std::function<bool(sqlite3_stmt*)> step) {
  return std::make_unique<SqliteCursor>(std::move(statement), std::move(step));
}

}  // namespace target

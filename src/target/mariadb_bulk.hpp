// Many rows of parameters for one statement of MariaDB, sent together: the server executes it for each and answers
// once. Lives in the broker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/value.hpp"
#include "target/libmariadb.hpp"

namespace target {

// The values lie column by column, as the library wants them; texts and blobs stay where they are.
class MariaBulk {
 public:
  // Takes the row, unless a value is of another kind than those above it: these must be sent first. A NULL is of every
  // kind.
  bool add(const core::Values& row);
  std::size_t rows() const noexcept { return rows_; }
  std::size_t bytes() const noexcept { return bytes_; }
  void clear();

  MYSQL_BIND* binds();  // until the next add()

 private:
  struct Column {
    enum_field_types type = MYSQL_TYPE_NULL;  // nothing but NULL so far
    std::vector<char> flags, indicators;
    std::vector<std::int64_t> numbers;
    std::vector<double> doubles;
    std::vector<const char*> texts;
    std::vector<unsigned long> lengths;
  };
  static enum_field_types type_of(const core::ValueView& value) noexcept;
  void put(Column& column, const core::ValueView& value);

  std::vector<Column> columns_;
  std::vector<MYSQL_BIND> binds_;
  std::size_t rows_ = 0, bytes_ = 0;
};

// Whether library and server know of it.
bool takes_bulks(MYSQL* connection);

}  // namespace target

// Values between scripts and MariaDB or MySQL, in the protocol of prepared statements: each travels with its type, so
// that nothing is quoted. Lives in the broker.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/value.hpp"
#include "core/wire.hpp"
#include "target/libmariadb.hpp"

namespace target {

// The parameters of one statement, in the form that the library takes. They point into the values, which must outlive
// the statement's execution. Used again for the next row.
class MariaParameters {
 public:
  void set(const core::Values& values);
  MYSQL_BIND* binds() noexcept { return binds_.data(); }
  std::size_t bytes() const noexcept { return bytes_; }  // of texts and blobs

 private:
  std::vector<MYSQL_BIND> binds_;
  std::vector<std::int64_t> numbers_;  // a place for each; doubles lie in the other
  std::vector<double> doubles_;
  std::size_t bytes_ = 0;
};

// Where the library puts a row, and how it travels in core::Rows. Whole numbers, bits, floating-point numbers and
// binary strings become values of their kind, everything else is text as the server writes it: exact decimals, times,
// JSON, and whole numbers that 64 bits with a sign do not hold.
class MariaColumns {
 public:
  MariaColumns(const MYSQL_FIELD* fields, unsigned count);
  MariaColumns(const MariaColumns&) = delete;
  MariaColumns& operator=(const MariaColumns&) = delete;

  MYSQL_BIND* binds() noexcept { return binds_.data(); }
  const std::vector<std::string>& names() const noexcept { return names_; }
  bool may_be_large() const noexcept { return may_be_large_; }
  // Appends the row that was fetched; its bytes. Throws SqlError when it is larger than an answer can hold.
  std::size_t put_row(MYSQL_STMT* statement, core::Writer& out);

 private:
  enum class Kind { whole, small_float, number, bits, text, blob };
  struct Column {
    Kind kind = Kind::text;
    bool is_unsigned = false;
    my_bool is_null = 0;
    unsigned long length = 0;
    std::int64_t whole = 0;
    double number = 0;
    float small_float = 0;
    std::array<char, 128> room{};  // for texts that are short; longer ones are asked for once their length is known
  };
  static Kind kind_of(const MYSQL_FIELD& field);
  void put_bytes(MYSQL_STMT* statement, unsigned index, core::Writer& out);

  std::vector<Column> columns_;
  std::vector<MYSQL_BIND> binds_;
  std::vector<std::string> names_;
  std::string large_;
  bool may_be_large_ = false;
};

}  // namespace target

// A ledger as rows: all that it holds, table by table, for taking it to another place and bringing it back
// (exchange/ledger_place.hpp). What comes back is the same to the last bit: chain, ids, texts and times. Lives in the
// process of the command.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/value.hpp"

namespace ledger {

// A table of schema.sql.
struct Shape {
  enum class Type : std::uint8_t { number, text, bytes };
  struct Column {
    std::string name;
    Type type = Type::text;
    bool is_key = false;  // of the primary key, whose order is that of the columns
  };
  std::string table;
  std::vector<Column> columns;
};

// All tables of the schema that this program writes (k_version), those that others refer to first.
const std::vector<Shape>& shapes();
const Shape* find_shape(std::string_view table);

// What tells two ledgers apart: rows by table, in the order of shapes(), and the SHA-256 of all of them. It is made of
// each table's name, its rows by primary key, and NULL, in the form of the chain's digests (schema.sql).
struct Digest {
  std::vector<std::pair<std::string, std::int64_t>> counts;
  std::string sha256;
  bool operator==(const Digest&) const = default;
  std::int64_t rows() const noexcept;
};

// One state of a ledger, whoever writes it meanwhile. Throws Error: usage (there is none), ledger_broken.
class RowReader {
 public:
  explicit RowReader(const std::string& path);
  ~RowReader();
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  // By primary key, one after the other. Null, std::int64_t, std::string or Blob in each column.
  void each(const Shape& shape, const std::function<void(const core::Row&)>& take) const;
  Digest digest() const;
  // A ledger of its own with all of this state, in a new file, which is on disk when it returns.
  void copy_to(const std::string& path) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// A ledger in a file that is not there yet. It is one when finish() has returned; before that it is nothing. Throws
// Error(ledger_broken) for the file, and Error(usage) for rows that make no ledger.
class RowWriter {
 public:
  explicit RowWriter(const std::string& path);
  ~RowWriter();
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  // In any order.
  void add(const Shape& shape, const core::Row& row);
  // On disk when it returns.
  void finish();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace ledger

// Nothing of the database's own fires while rows are put back: what triggers and foreign keys did is among those rows.
// Lives in the broker; owned by its connection.
#pragma once

#include <cstddef>
#include <sqlite3.h>
#include <vector>

#include "target/sqlite_internal.hpp"

namespace target {

class SqliteSilence {
 public:
  SqliteSilence(sqlite3* database, SqliteInternal& internal, bool foreign_keys) noexcept
      : database_(database), internal_(internal), foreign_keys_(foreign_keys) {}

  // Outside a transaction. Throws SqlError where one is open and foreign keys cannot be switched.
  void set(bool wanted, bool in_transaction);
  // In the transaction, before the first row.
  void remember();
  // Behind the last row: whether foreign keys hold as far as they did before. Throws SqlError when they do not.
  void check();

 private:
  std::vector<std::size_t> orphans();  // rows that refer to none, as digests in order

  sqlite3* database_;
  SqliteInternal& internal_;
  bool foreign_keys_;
  bool set_ = false;
  std::vector<std::size_t> orphans_;  // before
};

}  // namespace target

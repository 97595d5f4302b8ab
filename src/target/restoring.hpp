// Undoes an attempt by the rows that it changed (core/changes.hpp): deletes what it inserted, puts back what it updated
// and deleted, each only where the row still is as the attempt left it. Lives in the broker, for one transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/changes.hpp"
#include "core/restore_message.hpp"
#include "target/connection.hpp"

namespace target {

class Restoring {
 public:
  // The connection is in a transaction that writes, begun to restore; it must outlive this.
  Restoring(Connection& own, std::vector<core::TableChanges> tables);

  // In the order in which they are to be undone. What a constraint refuses waits for the others: finish() tries it
  // again as long as that gets on. Both throw SqlError for anything that is no fault of the row.
  void add(core::RowChange change);
  core::Restored finish();
  core::Restored so_far() const;

 private:
  struct Table {
    core::TableChanges said;
    std::string name;                   // quoted
    std::string row_name;               // SQLite: of its rows, beside their columns
    std::vector<std::string> columns;   // quoted
    std::vector<std::string> types;     // as RestoredColumn has them
    std::vector<bool> is_key, is_made;  // by column; made: the database computes it
  };
  struct Refused {
    core::RowChange change;
    std::string why;
  };

  Table& table_of(const core::RowChange& change);
  Table open(const core::TableChanges& said);
  // Empty: it is as it was.
  std::string put_back(const core::RowChange& change);
  std::string undo_insert(Table& table, const core::RowChange& change);
  std::string undo_update(Table& table, const core::RowChange& change);
  std::string undo_delete(Table& table, const core::RowChange& change);
  std::string explain(Table& table, const core::RowChange& change);
  bool stands_alone() const noexcept { return engine_ == "postgresql"; }
  void tell(const Refused& refused);

  Connection& own_;
  std::string engine_;
  std::vector<Table> tables_;
  std::vector<Refused> refused_;
  std::uint64_t rows_ = 0;
  std::uint64_t conflicts_ = 0;
  std::vector<core::Conflict> told_;
  bool is_set_ = false;  // the savepoint
};

// One message of them. restoring: made by the first.
core::Restored restore(std::unique_ptr<Restoring>& restoring, Connection& own, core::Restore wish);

}  // namespace target

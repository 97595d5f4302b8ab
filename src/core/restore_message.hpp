// What runner and broker say to each other when an attempt is undone by the rows that it changed: between Begin and
// Finish, instead of a worker's statements. core/message decodes them.
//
//   runner → broker  Restore, any number       broker → runner  Restored, for each
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"

namespace core {

// Rows that are to be as they were. The first one tells the tables, the last one has the last rows, or none.
struct Restore {
  static constexpr Kind kind = Kind::restore;
  std::vector<TableChanges> tables;
  std::vector<RowChange> rows;  // the last that was changed first
  bool last = false;
};

// A row that is not as the attempt left it, or cannot be as it was.
struct Conflict {
  std::uint32_t table = 0;  // index in Restore::tables
  RowChange::Kind change = RowChange::Kind::updated;
  Row key;          // values of its key columns, or all of its values where it has no key
  std::string why;  // for people
};

// Up to this Restore. Nothing is final before the last: what a constraint refuses is tried again then.
struct Restored {
  static constexpr Kind kind = Kind::restored;
  Cause cause = Cause::none;  // none: the rest holds; else nothing further can be done in this transaction
  std::string error;
  std::uint64_t rows = 0;       // put back
  std::uint64_t conflicts = 0;  // rows that were left as they are
  std::vector<Conflict> told;   // the first of them; with the last Restore
};

}  // namespace core

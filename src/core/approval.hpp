// What a person saw in a preview and agreed to, held against what a script then does. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/changes.hpp"

namespace core {

struct ApprovedTable {
  std::string table;
  std::uint64_t inserted = 0, updated = 0, deleted = 0;  // rows, as the preview counted them
};

struct ApprovedSchema {
  SchemaChange::Kind kind = SchemaChange::Kind::altered;
  std::string type, name;
  bool operator==(const ApprovedSchema&) const = default;
};

struct Approval {
  bool given = false;    // false: nobody was asked, and anything goes
  std::string database;  // the one that it may write; empty: it never came so far
  std::vector<ApprovedTable> tables;
  std::vector<ApprovedSchema> schema;
  std::uint64_t percent = 0;  // by which a number of rows may differ, up or down
};

Approval approval_of(const Changes& previewed, std::uint64_t percent);

// Why this is not what was agreed to; empty: it is. A table that was not among the previewed ones is never agreed to,
// and neither is any other change of the schema.
std::string departure(const Approval& approval, const Changes& changes);

}  // namespace core

// What a statement for MariaDB changes, as far as its text alone makes that certain. Knows no server. Lives in the
// broker.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "target/sql_text.hpp"

namespace target {

// The name of a table at this token, without its quotes, and behind which token it ends.
struct SqlName {
  std::string schema, name;
  std::size_t end = 0;
};
SqlName name_at(const std::vector<SqlToken>& tokens, std::size_t at);
// A statement as far as its text is certain.
struct MariaForm {
  enum class Kind { other, inserts, updates, deletes } kind = Kind::other;
  std::string schema, table;            // as it names it; kind other: empty
  std::string from;                     // what its rows are selected from: the table and its alias, as written
  std::string where;                    // with the word; empty: all rows
  std::size_t placeholders_before = 0;  // in front of the condition
  std::vector<std::string> sets;        // columns that an UPDATE gives a value to, as written
  std::set<std::string> unknown;        // functions that are not among those that are known to change nothing
  bool calls = false;                   // a procedure
};
MariaForm form_of(const std::string& sql, Dialect dialect);

}  // namespace target

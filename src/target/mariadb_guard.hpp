// What a script's statement may not be in MariaDB and MySQL, found in its text before the server sees it: there much
// commits without being asked to, even when it is then refused. So only what is known to stay inside the transaction
// passes. Lives in the broker.
#pragma once

#include <string>
#include <string_view>

#include "core/message.hpp"
#include "target/sql_text.hpp"

namespace target {

struct MariaText {
  std::string sql;
  std::size_t placeholders = 0;
  bool can_be_read_on = false;  // a cursor can be opened for it
  bool changes_rows = false;
  bool suits_bulks = false;  // it may be executed for many rows at once
  bool calls = false;        // a procedure, which may do anything
  bool writes = false;       // rows of tables, by its own words
};

// dialect: one of mariadb…. Throws SqlError for what scripts may not do.
MariaText read_mariadb(std::string_view sql, Dialect dialect, core::Access access);

// As the server's sql_mode says.
Dialect mariadb_dialect(std::string_view sql_mode) noexcept;

}  // namespace target

// What a script's statement may not be in PostgreSQL, found in its text; what hides in functions and DO blocks the
// receipts themselves tell (postgresql_receipts.hpp). Lives in the broker.
#pragma once

#include <string>
#include <string_view>

#include "core/message.hpp"
#include "target/sql_text.hpp"

namespace target {

struct PgStatement {
  std::string sql;
  std::size_t placeholders = 0;
  bool can_be_read_on = false;  // a cursor can be declared for it
  bool may_change_schema = false;
};

// Throws SqlError for what scripts may not do.
PgStatement read_postgresql(std::string_view sql, core::Access access);

}  // namespace target

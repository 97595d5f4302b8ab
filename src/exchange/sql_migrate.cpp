// sql-migrate: a row for each migration that is applied, by its file name.
#include "exchange/tools.hpp"

namespace exchange {

const Tool k_sql_migrate{
    .name = "sql-migrate",
    .title = "sql-migrate",
    .table = "gorp_migrations",
    .columns = "id applied_at",
    .only = "id applied_at",
    .read = [](const Asked& asked, Facts& facts) {
      read_rows(
          asked, {"id id applied_at", "applied_at id"},
          [](const Cells& row, Fact& fact) { return take_time(row, 2, fact) ? Meaning{} : failed(k_no_time); }, facts);
    }};

}  // namespace exchange

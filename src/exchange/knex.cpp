// Knex: a row for each migration that is applied, by its file name.
#include <fmt/format.h>

#include "base/error.hpp"
#include "exchange/tools.hpp"

namespace exchange {
namespace {

void refuse_while_it_works(const Asked& asked) {
  const ForeignTable* lock = asked.database.find(asked.table.shown() + "_lock");
  if (lock == nullptr || !lock->has("is_locked")) return;
  asked.database.each(
      fmt::format("SELECT count(*) FROM {} WHERE is_locked = 1", asked.database.quoted(*lock)), [](const Cells& row) {
        if (row.number(0).value_or(0) > 0)
          throw base::Error(base::ErrorKind::usage, "Knex holds its lock: a migration is going on, or was cut off",
                            "Nothing was imported.", "Let it end, or free the lock with knex migrate:unlock.");
      });
}

Meaning row_of(const Cells& row, Fact& fact) {
  fact.batch = row.number(2);
  return take_time(row, 3, fact) ? Meaning{} : failed(k_no_time);
}

}  // namespace

const Tool k_knex{.name = "knex",
                  .title = "Knex",
                  .table = "knex_migrations",
                  .columns = "name batch migration_time",
                  .read = [](const Asked& asked, Facts& facts) {
                    refuse_while_it_works(asked);
                    read_rows(asked, {"id name batch migration_time", "id"}, row_of, facts);
                  }};

}  // namespace exchange

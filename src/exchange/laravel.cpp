// Laravel: a row for each migration that is applied; a rollback removes it. It knows no times. And the package
// laravel-deploy-operations, which keeps the same of its operations, by their path.
#include "exchange/tools.hpp"

namespace exchange {
namespace {

Meaning row_of(const Cells& row, Fact& fact) {
  fact.batch = row.number(2);
  if (!fact.batch && !row.is_null(2)) return failed("its batch is no number");
  return {};
}

bool is_of_operations(const Foreign&, const ForeignTable& table) {
  return table.has("operation") || table.has("action") || lowered(table.name) == "migration_actions";
}

}  // namespace

const Tool k_laravel{
    .name = "laravel",
    .title = "Laravel migrations",
    .table = "migrations",
    .columns = "migration batch",
    .also = [](const Foreign& database, const ForeignTable& table) { return !is_of_operations(database, table); },
    .read =
        [](const Asked& asked, Facts& facts) {
          read_rows(asked, {"id migration batch", "batch migration"}, row_of, facts);
        }};

const Tool k_deploy_operations{.name = "deploy-operations",
                               .title = "laravel-deploy-operations",
                               .table = "operations",
                               .columns = "batch",
                               .but_not = "name",
                               .also = is_of_operations,
                               .read = [](const Asked& asked, Facts& facts) {
                                 const bool is_new = asked.table.has("operation");
                                 const char* columns = is_new                      ? "id operation batch"
                                                       : asked.table.has("action") ? "id action batch"
                                                                                   : "id migration batch";
                                 read_rows(asked, {columns, "batch id"}, row_of, facts);
                               }};

}  // namespace exchange

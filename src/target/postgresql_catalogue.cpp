#include "target/postgresql_catalogue.hpp"

#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace target {

// Names are compared as they are written, and as PostgreSQL folds names without quotes. A name with a dot begins with
// its schema; without one the tables that the search path shows are meant.
std::vector<core::Row> look_up(PgLink& link, core::Describe::What what, const std::string& table,
                               const std::string& name) {
  using What = core::Describe::What;
  constexpr std::string_view k_tables =
      "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', "
      "'p', 'v', 'm', 'f')";
  constexpr std::string_view k_named =
      " AND c.relname::text IN ($2::text, pg_catalog.lower($2::text)) AND CASE WHEN $1::text = '' THEN "
      "pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname::text IN ($1::text, pg_catalog.lower($1::text)) END";
  const std::size_t dot = table.find('.');
  const std::string schema = dot == std::string::npos ? "" : table.substr(0, dot);
  const std::string plain = dot == std::string::npos ? table : table.substr(dot + 1);
  core::Values parameters = {schema, plain};
  std::string sql;
  switch (what) {
    case What::tables:
      parameters.clear();
      sql = fmt::format(
          "SELECT c.relname {} AND c.relname NOT IN ('fettle_receipts', 'fettle_begun', 'fettle_batches') AND "
          "n.nspname = ANY "
          "(pg_catalog.current_schemas(false)) AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1",
          k_tables);
      break;
    case What::has_table:
      sql = fmt::format("SELECT pg_catalog.count(*) > 0 {}{}", k_tables, k_named);
      break;
    case What::has_column:
      parameters.emplace_back(name);
      sql = fmt::format(
          "SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_attribute a WHERE a.attnum > 0 AND NOT "
          "a.attisdropped AND a.attname::text IN ($3::text, pg_catalog.lower($3::text)) AND a.attrelid IN (SELECT "
          "c.oid "
          "{}{})",
          k_tables, k_named);
      break;
    case What::has_index:
      parameters.emplace_back(name);
      sql = fmt::format(
          "SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid "
          "= i.indexrelid WHERE x.relname::text IN ($3::text, pg_catalog.lower($3::text)) AND i.indrelid IN (SELECT "
          "c.oid "
          "{}{})",
          k_tables, k_named);
      break;
  }
  link.send(sql, PgParameters(parameters));
  const PgResult found = std::move(link.collect().back());
  const Libpq& pq = link.pq();
  std::vector<core::Row> rows;
  for (int row = 0; row < pq.ntuples(found.get()); ++row) {
    const std::string_view text = pq.getvalue(found.get(), row, 0);
    rows.push_back({what == What::tables ? core::Value(std::string(text)) : core::Value(text == "t")});
  }
  return rows;
}

}  // namespace target

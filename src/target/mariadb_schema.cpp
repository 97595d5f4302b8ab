#include "target/mariadb_schema.hpp"

#include <fmt/format.h>

namespace target {

std::vector<core::Row> describe_mariadb(MariaLink& link, core::Describe::What what, const std::string& table,
                                        const std::string& name) {
  using What = core::Describe::What;
  const std::size_t dot = table.find('.');
  const std::string schema = dot == std::string::npos ? "DATABASE()" : maria_literal(table.substr(0, dot));
  const std::string plain = maria_literal(dot == std::string::npos ? table : table.substr(dot + 1));
  const std::string named = fmt::format(
      "WHERE TABLE_SCHEMA = {0} AND TABLE_NAME = {1} AND (@@lower_case_table_names <> 0 OR BINARY TABLE_NAME = BINARY "
      "{1})",
      schema, plain);
  std::string sql;
  switch (what) {
    case What::tables:
      sql =
          "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT "
          "IN ('fettle_receipts', 'fettle_begun', 'fettle_batches') ORDER BY 1";
      break;
    case What::has_table:
      sql = fmt::format("SELECT COUNT(*) > 0 FROM information_schema.TABLES {}", named);
      break;
    case What::has_column:
      sql = fmt::format("SELECT COUNT(*) > 0 FROM information_schema.COLUMNS {} AND COLUMN_NAME = {}", named,
                        maria_literal(name));
      break;
    case What::has_index:
      sql = fmt::format("SELECT COUNT(*) > 0 FROM information_schema.STATISTICS {} AND INDEX_NAME = {}", named,
                        maria_literal(name));
      break;
  }
  std::vector<core::Row> rows;
  for (const MariaLink::Texts& row : link.ask(sql)) {
    const std::string text = row.at(0).value_or("");
    rows.push_back({what == What::tables ? core::Value(text) : core::Value(text == "1")});
  }
  return rows;
}

}  // namespace target

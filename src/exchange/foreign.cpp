#include "exchange/foreign.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "core/wire.hpp"
#include "target/drivers.hpp"

namespace exchange {
namespace {

// The schema of sqitch stands beside those in which a connection looks.
constexpr const char* k_postgresql = R"sql(
  SELECT CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname END, c.relname, a.attname, false
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (n.nspname = ANY (current_schemas(false)) OR n.nspname = 'sqitch')
  ORDER BY n.nspname, c.relname, a.attnum)sql";
constexpr const char* k_mariadb = R"sql(
  SELECT CASE WHEN c.table_schema = DATABASE() THEN '' ELSE c.table_schema END, c.table_name, c.column_name,
    c.data_type = 'timestamp'
  FROM information_schema.columns c
  WHERE c.table_schema = DATABASE() OR c.table_schema = 'sqitch'
  ORDER BY c.table_schema, c.table_name, c.ordinal_position)sql";
constexpr const char* k_sqlite = R"sql(
  SELECT '', m.name, p.name, 0 FROM sqlite_schema m, pragma_table_info(m.name) p
  WHERE m.type IN ('table', 'view') ORDER BY m.name, p.cid)sql";

// The one place where this room hears of what a database refuses.
template <class Work>
auto told(Work&& work) {
  try {
    return work();
  } catch (const target::SqlError& fault) {
    throw base::Error(base::ErrorKind::target_unreachable,
                      fmt::format("the history cannot be read: {}", base::escape(fault.what())),
                      "Nothing was changed.");
  }
}

}  // namespace

std::string lowered(std::string_view text) {
  std::string low(text);
  for (char& letter : low)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  return low;
}

bool ForeignTable::has(std::string_view column) const {
  return std::any_of(columns.begin(), columns.end(),
                     [column](const std::string& each) { return lowered(each) == column; });
}

Foreign::Foreign(const std::string& url, const std::string& directory, const std::string& ledger_path) {
  told([&] {
    connection_ = target::connect(url, {.directory = directory, .ledger_path = ledger_path, .only_read = true});
    connection_->begin(target::Beginning(core::Access::read));
  });
  look();
}

void Foreign::look() {
  const char* sql = engine() == "postgresql" ? k_postgresql : engine() == "mariadb" ? k_mariadb : k_sqlite;
  each(sql, [this](const Cells& row) {
    std::string schema = row.text(0);
    std::string name = row.text(1);
    if (tables_.empty() || tables_.back().name != name || tables_.back().schema != schema)
      tables_.push_back({.schema = std::move(schema), .name = std::move(name), .columns = {}, .zoned = {}});
    tables_.back().columns.push_back(row.text(2));
    tables_.back().zoned.push_back(row.flag(3).value_or(false));
  });
}

const ForeignTable* Foreign::find(std::string_view name) const {
  const std::string low = lowered(name);
  const ForeignTable* found = nullptr;
  for (const ForeignTable& table : tables_) {
    if (table.shown() == name) return &table;
    if (found == nullptr && (lowered(table.shown()) == low || lowered(table.name) == low)) found = &table;
  }
  return found;
}

std::string Foreign::quoted(std::string_view name) const {
  const char quote = engine() == "mariadb" ? '`' : '"';
  std::string text(1, quote);
  for (const char letter : name) text.append(letter == quote ? 2 : 1, letter);
  return text + quote;
}

std::string Foreign::quoted(const ForeignTable& table) const {
  return table.schema.empty() ? quoted(table.name) : quoted(table.schema) + "." + quoted(table.name);
}

std::string Foreign::value_of(const ForeignTable& table, std::size_t column) const {
  const std::string name = quoted(table.columns[column]);
  return table.zoned[column] ? fmt::format("CAST(UNIX_TIMESTAMP({}) * 1000 AS SIGNED)", name) : name;
}

void Foreign::each(const std::string& sql, const std::function<void(const Cells&)>& take) const {
  const auto cursor = told([&] { return connection_->query(sql, {}); });
  core::Writer bytes;
  core::Values values;
  while (told([&] { return cursor->next(bytes); })) {
    core::Reader reader(bytes.bytes());
    core::read_values(reader, values);
    take(Cells(values));
    bytes.clear();
  }
}

}  // namespace exchange

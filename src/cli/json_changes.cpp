// What a script changed, as JSON. A value is null, a number, true or false, or a text; a blob is {"blob_hex": "00ff"},
// and a number that JSON cannot write, such as infinity, is its text.
#include <cmath>
#include <fmt/format.h>
#include <variant>

#include "cli/json_output.hpp"
#include "cli/json_parts.hpp"

namespace cli {
namespace {

struct ToJson {
  Json operator()(core::Null) const { return nullptr; }
  Json operator()(bool value) const { return value; }
  Json operator()(std::int64_t value) const { return value; }
  Json operator()(double value) const { return std::isfinite(value) ? Json(value) : Json(fmt::format("{}", value)); }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(const core::Blob& value) const {
    std::string hex;
    for (const char byte : value.bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return {{"blob_hex", hex}};
  }
};

// In the order of the columns.
Json row_or_null(const core::Row& row) {
  if (row.empty()) return nullptr;
  Json values = Json::array();
  for (const core::Value& value : row) values.push_back(std::visit(ToJson{}, value));
  return values;
}

Json counts_object(const core::TableChanges& table) {
  return {{"table", or_null(table.table)}, {"inserted", table.inserted}, {"updated", table.updated},
          {"deleted", table.deleted},      {"net", table.net},           {"gap", or_null(table.gap)}};
}

}  // namespace

Json changes_object(const core::Changes& changes, const std::vector<core::RowChange>& rows) {
  if (changes.empty()) return nullptr;
  Json tables = Json::array();
  for (const core::TableChanges& table : changes.tables) {
    Json& json = tables.emplace_back(counts_object(table));
    json["columns"] = table.columns;
    json["key"] = table.key;
    json["rows"] = Json::array();
  }
  for (const core::RowChange& row : rows)
    if (row.table < tables.size())
      tables[row.table]["rows"].push_back(
          {{"kind", core::name(row.kind)}, {"before", row_or_null(row.before)}, {"after", row_or_null(row.after)}});
  Json schema = Json::array();
  for (const core::SchemaChange& change : changes.schema)
    schema.push_back({{"kind", core::name(change.kind)},
                      {"type", change.type},
                      {"name", change.name},
                      {"before", or_null(change.before)},
                      {"after", or_null(change.after)}});
  return {{"tables", std::move(tables)}, {"schema", std::move(schema)}};
}

Json counted_changes(const core::Changes& changes) {
  if (changes.empty()) return nullptr;
  Json tables = Json::array();
  for (const core::TableChanges& table : changes.tables) tables.push_back(counts_object(table));
  Json schema = Json::array();
  for (const core::SchemaChange& change : changes.schema)
    schema.push_back({{"kind", core::name(change.kind)}, {"type", change.type}, {"name", change.name}});
  return {{"tables", std::move(tables)}, {"schema", std::move(schema)}};
}

}  // namespace cli

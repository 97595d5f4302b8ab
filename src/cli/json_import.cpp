#include "cli/json_import.hpp"

#include "cli/json_parts.hpp"

namespace cli {
namespace {

Json counts_of(const std::map<std::string, std::int64_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

}  // namespace

std::string import_json(const exchange::ImportReport& report, bool dry_run) {
  const ledger::ImportCounts& counts = report.counts;
  Json json = {{"import", id_or_null(report.import)},
               {"dry_run", dry_run},
               {"tool", report.tool},
               {"recognised", report.is_found},
               {"source", report.source},
               {"table", or_null(report.part)},
               {"counts",
                {{"rows", counts.rows},
                 {"imported", counts.imported},
                 {"already", counts.already},
                 {"skipped", counts.skipped},
                 {"failed", counts.failed}}},
               {"states", counts_of(report.states)},
               {"skipped", counts_of(report.skipped)},
               {"flagged", report.flagged},
               {"without_time", report.untimed},
               {"unused_names", report.unused}};
  json["failed"] = Json::array();
  for (const exchange::ImportReport::Failure& failure : report.failures)
    json["failed"].push_back({{"key", failure.key}, {"reason", failure.why}});
  json["would_skip"] = report.would_skip;
  json["would_run"] = report.would_run;
  return dump(json);
}

std::string imported_json_row(const ledger::ImportedRow& row) {
  const ledger::ImportedFact& fact = row.fact;
  Json further = Json::parse(fact.further, nullptr, false);
  return dump({{"id", row.id},
               {"import", row.import},
               {"tool", row.tool},
               {"source", row.source},
               {"imported_at", base::iso8601(row.imported)},
               {"name", fact.name},
               {"script", fact.stem},
               {"state", core::name(fact.state)},
               {"note", or_null(fact.note)},
               {"at", fact.at ? Json(base::iso8601(*fact.at)) : Json(nullptr)},
               {"duration_ms", fact.duration_ms ? Json(*fact.duration_ms) : Json(nullptr)},
               {"checksum", or_null(fact.checksum)},
               {"batch", fact.batch ? Json(*fact.batch) : Json(nullptr)},
               {"further", further.is_object() ? std::move(further) : Json(nullptr)}});
}

}  // namespace cli

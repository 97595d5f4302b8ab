// What `plan` and `check` print with --json.
#include <optional>

#include "cli/json_output.hpp"
#include "cli/json_parts.hpp"
#include "cli/words.hpp"

namespace cli {
namespace {

void add_declaration(Json& json, const core::Declaration& declaration) {
  json["description"] = or_null(declaration.description);
  json["database"] = or_null(declaration.database);
  json["writes"] = declaration.writes;
  json["repeatable"] = declaration.repeatable;
  json["transaction"] = declaration.transaction;
  json["timeout_ms"] = declaration.timeout ? Json(declaration.timeout->count()) : Json(nullptr);
  json["not_before"] = or_null(declaration.not_before);
  json["window"] = or_null(declaration.window);
  json["depends"] = declaration.depends;
  json["tags"] = declaration.tags;
  json["environments"] = declaration.environments;
  json["args"] = declaration.args;
  json["retries"] = declaration.retries;
  json["backoff_ms"] = declaration.backoff ? Json(declaration.backoff->count()) : Json(nullptr);
  json["allow_failure"] = declaration.allow_failure;
  json["max_rows"] = declaration.max_rows == 0 ? Json(nullptr) : Json(declaration.max_rows);
  json["validates"] = declaration.validates;
  json["rolls_back"] = declaration.rolls_back;
}

Json planned_object(const runner::Planned& planned) {
  Json json = {{"script", planned.script},
               {"sha256", or_null(planned.sha256)},
               {"state", core::name(planned.state)},
               {"forecast", forecast_name(planned.forecast)},
               {"reason", or_null(planned.reason)},
               {"cause", or_null(core::name(planned.outcome.cause))},
               {"error", or_null(planned.outcome.error)},
               {"traceback", or_null(planned.outcome.traceback)},
               {"warnings", planned.warnings}};
  add_declaration(json, planned.declaration);
  return json;
}

Json checked_object(const runner::Checked& checked) {
  Json json = {{"script", checked.script},
               {"sha256", or_null(checked.sha256)},
               {"outcome", core::name(checked.outcome.kind)},
               {"cause", or_null(core::name(checked.outcome.cause))},
               {"error", or_null(checked.outcome.error)},
               {"traceback", or_null(checked.outcome.traceback)}};
  add_declaration(json, checked.declaration);
  return json;
}

}  // namespace

Json ignored_list(const std::vector<core::Ignored>& ignored) {
  Json list = Json::array();
  for (const core::Ignored& each : ignored) list.push_back({{"name", each.name}, {"reason", each.reason}});
  return list;
}

std::string plan_json(const runner::PlanReport& plan) {
  Json json;
  json["scripts"] = Json::array();
  for (const runner::Planned& each : plan.scripts) json["scripts"].push_back(planned_object(each));
  json["ignored"] = ignored_list(plan.ignored);
  json["warnings"] = plan.warnings;
  json["target_unreachable"] = plan.target_unreachable;
  json["forbidden"] = forbidden_object(plan.forbidden);
  return dump(json);
}

std::string check_json(const runner::CheckReport& check) {
  Json json;
  json["scripts"] = Json::array();
  for (const runner::Checked& each : check.scripts) json["scripts"].push_back(checked_object(each));
  json["ignored"] = ignored_list(check.ignored);
  json["warnings"] = check.warnings;
  return dump(json);
}

}  // namespace cli

// The groups of `fettle status` as JSON.
#include "base/time.hpp"
#include "cli/json_parts.hpp"
#include "cli/status_groups.hpp"

namespace cli {
namespace {

Json instant_or_null(const std::optional<base::Instant>& instant) {
  return instant ? Json(base::iso8601(*instant)) : Json(nullptr);
}

Json rows_list(const std::vector<Groups::Row>& rows) {
  Json list = Json::array();
  for (const Groups::Row& row : rows)
    list.push_back({{"script", row.script},
                    {"attempt", id_or_null(row.attempt)},
                    {"reason", or_null(row.reason)},
                    {"until", instant_or_null(row.until)},
                    {"at", instant_or_null(row.at)}});
  return list;
}

}  // namespace

Json groups_object(const Groups& groups, bool names) {
  Json json = {{"running", rows_list(groups.running)},
               {"pending", rows_list(groups.pending)},
               {"blocked", rows_list(groups.blocked)},
               {"unknown", rows_list(groups.unknown)},
               {"failing", rows_list(groups.failing)}};
  for (const ledger::Fate fate :
       {ledger::Fate::recovered, ledger::Fate::skipped, ledger::Fate::succeeded, ledger::Fate::rolled_back}) {
    Json group = {{"count", count_of(groups, fate)}};
    if (names) {
      group["scripts"] = Json::array();
      for (const ledger::Fated& each : groups.ended)
        if (each.fate == fate)
          group["scripts"].push_back(
              {{"script", each.script}, {"attempt", each.attempt}, {"at", base::iso8601(each.at)}});
    }
    json[std::string(fate_name(fate))] = std::move(group);
  }
  return json;
}

}  // namespace cli

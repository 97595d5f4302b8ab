#include "cli/json_output.hpp"
#include "cli/json_parts.hpp"

namespace cli {
namespace {

Json receipt_object(const std::string& database, const core::Receipt& receipt, std::string_view state) {
  return {{"script", receipt.script}, {"sha256", receipt.sha256},   {"node", receipt.node},
          {"state", state},           {"at", receipt.applied_at},   {"database", database},
          {"ledger", receipt.ledger}, {"attempt", receipt.attempt}, {"run", receipt.run},
          {"fettle", receipt.version}};
}

Json receipts_of(const std::vector<runner::Mustered>& fleet) {
  Json list = Json::array();
  for (const runner::Mustered& each : fleet) {
    for (const core::Receipt& start : each.fleet.begun) list.push_back(receipt_object(each.database, start, "begun"));
    for (const core::Receipt& one : each.fleet.applied) list.push_back(receipt_object(each.database, one, "applied"));
  }
  return list;
}

}  // namespace

Json fleet_object(const std::vector<runner::Mustered>& fleet) {
  Json json = {{"at_work", Json::array()}, {"errors", Json::array()}};
  for (const runner::Mustered& each : fleet) {
    if (!each.error.empty()) json["errors"].push_back({{"database", each.database}, {"error", each.error}});
    for (const core::AtWork& one : each.fleet.at_work)
      json["at_work"].push_back({{"database", each.database},
                                 {"script", one.script},
                                 {"node", or_null(one.node)},
                                 {"since", or_null(one.since)},
                                 {"where", one.where}});
  }
  json["begun"] = Json::array();
  for (const runner::Mustered& each : fleet)
    for (const core::Receipt& start : each.fleet.begun)
      json["begun"].push_back(receipt_object(each.database, start, "begun"));
  return json;
}

std::string fleet_json(const std::vector<runner::Mustered>& fleet) {
  return dump(receipts_of(fleet));
}

}  // namespace cli

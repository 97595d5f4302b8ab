#include "cli/json_ledger.hpp"

#include "cli/json_parts.hpp"
#include "exchange/ledger_place.hpp"

namespace cli {

std::string ledger_copied_json(const std::string& from, const std::string& to, const ledger::Digest& digest,
                               const std::string& kept) {
  Json json = {{"from", from}, {"to", to}, {"rows", digest.rows()}, {"sha256", digest.sha256}, {"kept", or_null(kept)}};
  json["tables"] = Json::object();
  for (const auto& [table, count] : digest.counts) json["tables"][table] = count;
  return dump(json);
}

std::string ledger_places_json(const std::string& in_use) {
  Json places = Json::array();
  for (const exchange::PlaceKind& kind : exchange::k_place_kinds)
    places.push_back({{"name", kind.name}, {"about", kind.about}, {"is_read", kind.is_read}});
  return dump({{"in_use", "sqlite:" + in_use}, {"places", places}});
}

}  // namespace cli

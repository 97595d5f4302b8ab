#include "cli/json_request.hpp"

#include "cli/json_parts.hpp"

namespace cli {
namespace {

Json object_of(const core::Requested& request, std::size_t needed, base::Instant now) {
  const std::string why = core::why_no_run(request, needed, now);
  Json json = {{"request", request.id},
               {"by", request.by},
               {"host", request.host},
               {"reason", or_null(request.reason)},
               {"at", time_or_null(request.at)},
               {"may_run", why.empty()},
               {"why_not", or_null(why)},
               {"approvals", core::approvals(request)},
               {"needed", needed},
               {"used_at", request.used ? time_or_null(*request.used) : Json(nullptr)},
               {"scripts", Json::array()},
               {"voices", Json::array()}};
  for (const core::RequestedScript& script : request.scripts)
    json["scripts"].push_back({{"script", script.name}, {"sha256", script.sha256}});
  for (const core::Requested::Voice& voice : request.voices)
    json["voices"].push_back(
        {{"by", voice.by}, {"yes", voice.yes}, {"reason", or_null(voice.reason)}, {"at", time_or_null(voice.at)}});
  return json;
}

}  // namespace

std::string request_json(const core::Requested& request, std::size_t needed, base::Instant now) {
  return dump(object_of(request, needed, now));
}

std::string requests_json(const std::vector<core::Requested>& requests, std::size_t needed, base::Instant now) {
  Json list = Json::array();
  for (auto each = requests.rbegin(); each != requests.rend(); ++each) list.push_back(object_of(*each, needed, now));
  return dump(list);
}

}  // namespace cli

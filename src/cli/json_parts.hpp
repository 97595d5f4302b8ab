// What the files that write JSON share.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "core/guard.hpp"
#include "core/hook.hpp"
#include "core/script.hpp"
#include "runner/fleet.hpp"

namespace cli {

using Json = nlohmann::ordered_json;

inline std::string dump(const Json& json) {
  return base::escape_json(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

inline Json or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json ignored_list(const std::vector<core::Ignored>& ignored);
Json fleet_object(const std::vector<runner::Mustered>& fleet);           // of status
Json forbidden_object(const std::optional<core::Forbidden>& forbidden);  // null: runs are allowed
Json hooks_list(const std::vector<core::HookReport>& hooks);

}  // namespace cli

// What the files that write JSON share.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "base/time.hpp"
#include "core/changes.hpp"
#include "core/guard.hpp"
#include "core/hook.hpp"
#include "core/outcome.hpp"
#include "core/script.hpp"
#include "ledger/history.hpp"
#include "runner/fleet.hpp"

namespace cli {

struct Groups;

using Json = nlohmann::ordered_json;

inline std::string dump(const Json& json) {
  return base::escape_json(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

inline Json or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

inline Json milliseconds(std::chrono::microseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

inline Json time_or_null(base::Instant instant) {
  return instant.milliseconds == 0 ? Json(nullptr) : Json(base::iso8601(instant));
}

inline Json id_or_null(std::int64_t id) {
  return id == 0 ? Json(nullptr) : Json(id);
}

void add_outcome(Json& json, const std::optional<core::OutcomeKind>& kind, const core::Outcome& outcome);
// Of history, and of what failed in status. changes: of which only counts are told.
Json attempt_object(const ledger::Attempt& attempt, const core::Changes& changes = {});
// null: nothing was recorded. rows: those that are told, of any table.
Json changes_object(const core::Changes& changes, const std::vector<core::RowChange>& rows);
Json counted_changes(const core::Changes& changes);
Json groups_object(const Groups& groups, bool names);  // of status; names: of those that have ended too
Json ignored_list(const std::vector<core::Ignored>& ignored);
Json fleet_object(const std::vector<runner::Mustered>& fleet);           // of status
Json forbidden_object(const std::optional<core::Forbidden>& forbidden);  // null: runs are allowed
Json hooks_list(const std::vector<core::HookReport>& hooks);

}  // namespace cli

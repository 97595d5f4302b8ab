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

std::string ledger_show_json(const LedgerShown& shown) {
  return dump({{"storage", "sqlite"},
               {"path", shown.path},
               {"exists", shown.is_there},
               {"size", shown.bytes},
               {"log_size", shown.log_bytes},
               {"disk", or_null(shown.disk)},
               {"disk_free", shown.disk.empty() ? Json(nullptr) : Json(shown.free)}});
}

namespace {

Json time_of(const std::optional<ledger::Microseconds>& time) {
  return time ? milliseconds(*time) : Json(nullptr);
}

Json counts_of(const std::vector<std::pair<std::string, std::int64_t>>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

}  // namespace

std::string ledger_metrics_json(const ledger::Figures& figures) {
  const auto instant = [](const std::optional<base::Instant>& at) {
    return time_or_null(at.value_or(base::Instant{}));
  };
  return dump({{"outcomes", counts_of(figures.outcomes)},
               {"unfinished", figures.unfinished},
               {"attempts_last_day", figures.last_day},
               {"attempts_last_week", figures.last_week},
               {"scripts", figures.scripts},
               {"first_attempt_at", instant(figures.first)},
               {"last_attempt_at", instant(figures.last)},
               {"median_ms", time_of(figures.median)},
               {"p95_ms", time_of(figures.slow)},
               {"longest_ms", time_of(figures.longest)},
               {"median_commit_ms", time_of(figures.median_commit)},
               {"bytes", figures.bytes},
               {"free_bytes", figures.free_bytes},
               {"text_bytes", figures.text_bytes},
               {"row_bytes", figures.row_bytes},
               {"rows", counts_of(figures.tables)}});
}

std::string ledger_analyze_json(const std::vector<ledger::ScriptFigures>& scripts) {
  Json json = Json::array();
  for (const ledger::ScriptFigures& each : scripts)
    json.push_back({{"script", each.script},
                    {"attempts", each.attempts},
                    {"failed", each.failed},
                    {"should_run_ms", milliseconds(each.should_run)},
                    {"execute_ms", milliseconds(each.execute)},
                    {"longest_ms", milliseconds(each.longest)},
                    {"total_ms", milliseconds(each.total)},
                    {"trend", each.trend ? Json(*each.trend) : Json(nullptr)}});
  return dump(json);
}

std::string config_moved_json(const MovedConfig& moved, bool written) {
  Json lines = Json::array();
  for (const MovedLine& line : moved.lines)
    lines.push_back({{"line", line.number}, {"before", line.before}, {"after", line.after}});
  return dump({{"written", written}, {"lines", lines}, {"by_hand", moved.by_hand}});
}

std::string ledger_prune_json(const ledger::PruneResult& result, bool done) {
  return dump({{"pruned", done},
               {"up_to_attempt", id_or_null(result.attempt)},
               {"up_to_run", id_or_null(result.run)},
               {"log_lines", result.lines},
               {"row_parts", result.parts},
               {"previews", result.previews},
               {"bytes", result.bytes}});
}

std::string ledger_optimize_json(const ledger::Optimized& done) {
  return dump({{"bytes_before", done.before}, {"bytes", done.after}});
}

}  // namespace cli

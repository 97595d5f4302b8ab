#include "cli/json_output.hpp"

#include <chrono>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/json_parts.hpp"
#include "cli/words.hpp"

namespace cli {
namespace {

Json counts_object(const core::Counts& counts) {
  return {{"succeeded", counts.succeeded},    {"failed", counts.failed},           {"skipped", counts.skipped},
          {"blocked", counts.blocked},        {"interrupted", counts.interrupted}, {"unknown", counts.unknown},
          {"rolled_back", counts.rolled_back}};
}

Json script_object(const core::AttemptReport& attempt) {
  Json json = {
      {"script", attempt.script}, {"sha256", or_null(attempt.sha256)}, {"attempt", id_or_null(attempt.attempt)}};
  add_outcome(json, attempt.outcome.kind, attempt.outcome);
  json["duration_ms"] = milliseconds(attempt.duration);
  json["moved_to"] = or_null(attempt.moved_to);
  json["changes"] = changes_object(attempt.changes, attempt.sample);
  json["note"] = or_null(attempt.note);
  json["try"] = attempt.try_number;
  json["allowed_failure"] = attempt.allowed;
  json["warnings"] = attempt.warnings;
  json["until"] = attempt.outcome.until ? Json(base::iso8601(*attempt.outcome.until)) : Json(nullptr);
  return json;
}

Json run_object(const core::RunReport& run) {
  Json json = {{"run", id_or_null(run.run)},
               {"trigger", or_null(run.trigger)},
               {"by", or_null(run.by)},
               {"host", or_null(run.host)},
               {"reason", or_null(run.reason)},
               {"started_at", time_or_null(run.started)},
               {"finished_at", time_or_null(run.finished)},
               {"duration_ms", milliseconds(run.duration)},
               {"dry_run", run.dry_run},
               {"counts", counts_object(run.counts)}};
  json["scripts"] = Json::array();
  for (const core::AttemptReport& attempt : run.scripts) json["scripts"].push_back(script_object(attempt));
  json["forbidden"] = forbidden_object(run.forbidden);
  json["hooks"] = hooks_list(run.hooks);
  json["backup"] = or_null(run.backup);
  json["backup_fault"] = or_null(run.backup_fault);
  json["exit_code"] = core::exit_code(run);
  return json;
}

Json ledger_run_object(const ledger::Run& run) {
  return {{"run", run.id},
          {"trigger", or_null(run.trigger)},
          {"by", or_null(run.by)},
          {"host", or_null(run.host)},
          {"reason", or_null(run.reason)},
          {"command", or_null(run.command)},
          {"pid", id_or_null(run.pid)},
          {"started_at", time_or_null(run.started)},
          {"finished_at", run.finished ? time_or_null(*run.finished) : Json(nullptr)},
          {"exit_code", run.exit_code ? Json(*run.exit_code) : Json(nullptr)},
          {"counts", counts_object(run.counts)}};
}

Json progress_object(const std::optional<core::Progress>& progress) {
  if (!progress) return nullptr;
  return {{"done", progress->done}, {"total", id_or_null(progress->total)}, {"label", or_null(progress->label)}};
}

Json lock_object(const runner::Lock& lock) {
  Json json = {{"held", lock.held},
               {"in_doubt", lock.in_doubt},
               {"description", nullptr},
               {"run", nullptr},
               {"in_work", nullptr}};
  if (!lock.held && !lock.in_doubt) return json;
  json["description"] = runner::describe(lock);
  if (lock.run) json["run"] = ledger_run_object(*lock.run);
  if (lock.in_work)
    json["in_work"] = {{"attempt", lock.in_work->id},
                       {"script", lock.in_work->script},
                       {"started_at", time_or_null(lock.in_work->started)},
                       {"progress", progress_object(lock.progress)}};
  return json;
}

// `script` is the name under which the file lies in the folder now.
Json failed_object(const runner::Failed& failed) {
  if (!failed.attempt) {
    Json json = {{"script", failed.script}, {"sha256", nullptr}, {"attempt", nullptr}};
    json["error"] = nullptr;
    return json;
  }
  Json json = attempt_object(*failed.attempt);
  json["script"] = failed.script;
  return json;
}

Json head_object(const ledger::Head& head) {
  return {{"position", head.position}, {"hash", head.hash}, {"text", ledger::describe(head)}};
}

}  // namespace

std::string run_json(const core::RunReport& run) {
  return dump(run_object(run));
}

std::string ledger_run_json(const ledger::Run& run) {
  Json json = ledger_run_object(run);
  json["scripts"] = run.scripts;
  return dump(json);
}

std::string runs_json(const std::vector<ledger::Run>& runs) {
  Json json = Json::array();
  for (const ledger::Run& run : runs) {
    json.push_back(ledger_run_object(run));
    json.back()["scripts"] = run.scripts;
  }
  return dump(json);
}

std::string rehearsal_json(const runner::Rehearsal& rehearsal) {
  Json json = run_object(rehearsal.report);
  json["copies"] = or_null(rehearsal.kept);
  json["copies_on_servers"] = Json::object();
  for (const auto& [database, copy] : rehearsal.kept_on_servers) json["copies_on_servers"][database] = copy;
  return dump(json);
}

std::string retry_json(const core::RunReport& run, const std::vector<std::string>& requeued) {
  Json json = run_object(run);
  json["requeued"] = requeued;
  return dump(json);
}

std::string requeued_json(const std::vector<std::string>& requeued) {
  return dump({{"requeued", requeued}});
}

std::string repair_json(const runner::RepairReport& report, bool dry_run) {
  Json json = {{"dry_run", dry_run}, {"repairs", Json::array()}, {"held", report.held}};
  for (const runner::Recovery& recovery : report.damage)
    json["repairs"].push_back({{"script", recovery.evidence.script},
                               {"attempt", recovery.evidence.attempt},
                               {"reason", recovery.repair.reason}});
  return dump(json);
}

std::string undoings_json(const std::vector<runner::Undoing>& all, const core::RunReport& preview) {
  Json json = {{"dry_run", true}, {"scripts", Json::array()}};
  for (const runner::Undoing& each : all)
    json["scripts"].push_back({{"script", each.script},
                               {"sha256", each.sha256},
                               {"undoes", each.attempt},
                               {"database", or_null(each.database)},
                               {"applied_at", time_or_null(each.applied)},
                               {"by_rows", each.by_rows}});
  json["preview"] = run_object(preview);
  return dump(json);
}

std::string marked_json(const runner::Marked& marked, std::string_view as) {
  return dump({{"script", marked.script}, {"attempt", marked.attempt}, {"marked", as}});
}

std::string unlocked_json(const std::optional<ledger::Run>& run) {
  return dump({{"declared_dead", run ? ledger_run_object(*run) : Json(nullptr)}});
}

namespace {

Json watcher_object(const watch::Notice& watcher) {
  Json json = {{"pid", watcher.pid},      {"host", watcher.host},           {"since", base::iso8601(watcher.since)},
               {"sight", watcher.sight},  {"reason", or_null(watcher.why)}, {"interval_ms", watcher.interval.count()},
               {"waiting", Json::array()}};
  for (const watch::Notice::Script& each : watcher.waiting)
    json["waiting"].push_back({{"script", each.script},
                               {"reason", or_null(each.reason)},
                               {"until", each.until ? Json(base::iso8601(*each.until)) : Json(nullptr)}});
  return json;
}

}  // namespace

std::string status_json(const runner::Survey& survey, const std::optional<watch::Notice>& watcher,
                        const std::vector<runner::Mustered>& fleet, const Groups& groups, bool names) {
  Json json;
  json["pending"] = Json::array();
  for (const runner::Pending& each : survey.pending)
    json["pending"].push_back({{"script", each.script},
                               {"sha256", or_null(each.sha256)},
                               {"state", core::name(each.state)},
                               {"reason", or_null(each.reason)}});
  json["failed"] = Json::array();
  for (const runner::Failed& each : survey.failed) json["failed"].push_back(failed_object(each));
  json["ignored"] = ignored_list(survey.ignored);
  json["warnings"] = survey.warnings;
  json["counts"] = {{"pending", survey.pending.size()},
                    {"failed", survey.failed.size()},
                    {"ignored", survey.ignored.size()},
                    {"succeeded", survey.succeeded}};
  json["last_run"] = survey.last_run ? ledger_run_object(*survey.last_run) : Json(nullptr);
  json["forbidden"] = forbidden_object(survey.forbidden);
  json["lock"] = lock_object(survey.lock);
  json["watcher"] = watcher ? watcher_object(*watcher) : Json(nullptr);
  json["groups"] = groups_object(groups, names);
  json["fleet"] = fleet.empty() ? Json(nullptr) : fleet_object(fleet);
  return dump(json);
}

std::string doctor_json(const core::Diagnoses& diagnoses) {
  Json counts = Json::object();
  for (const core::Verdict verdict :
       {core::Verdict::good, core::Verdict::warning, core::Verdict::unreachable, core::Verdict::fault})
    counts[std::string(core::name(verdict))] = 0;
  Json json = {{"checks", Json::array()}};
  for (const core::Diagnosis& each : diagnoses) {
    json["checks"].push_back({{"part", each.part},
                              {"subject", each.subject},
                              {"verdict", core::name(each.verdict)},
                              {"found", each.found},
                              {"advice", or_null(each.advice)}});
    counts[std::string(core::name(each.verdict))] = counts[std::string(core::name(each.verdict))].get<int>() + 1;
  }
  json["counts"] = std::move(counts);
  json["exit_code"] = core::exit_code(diagnoses);
  return dump(json);
}

std::string head_json(const ledger::Head& head) {
  return dump(head_object(head));
}

std::string verify_json(const ledger::Verdict& verdict, const std::vector<std::string>& notes) {
  Json json = {{"ok", verdict.findings.empty()}};
  json["findings"] = Json::array();
  for (const ledger::Finding& finding : verdict.findings)
    json["findings"].push_back({{"kind", ledger::name(finding.kind)},
                                {"subject", finding.subject},
                                {"attempt", id_or_null(finding.attempt)},
                                {"script", or_null(finding.script)},
                                {"what", finding.what}});
  json["notes"] = notes;
  json["attempts"] = verdict.attempts;
  json["runs"] = verdict.runs;
  json["events"] = verdict.events;
  json["texts"] = verdict.texts;
  json["imports"] = verdict.imports;
  json["head"] = head_object(verdict.head);
  const ledger::Pruned& pruned = verdict.pruned;
  json["pruned"] = nullptr;
  if (pruned.attempt > 0 || pruned.run > 0)
    json["pruned"] = {{"up_to_attempt", pruned.attempt},
                      {"up_to_run", pruned.run},
                      {"at", time_or_null(pruned.at)},
                      {"by", pruned.by}};
  return dump(json);
}

std::string ledger_info_json(const std::string& path, std::uint64_t size, const ledger::About& about) {
  return dump({{"path", path},
               {"size", size},
               {"id", about.id},
               {"schema", about.schema},
               {"since", time_or_null(about.since)},
               {"attempts", about.attempts},
               {"runs", about.runs},
               {"versions", about.versions},
               {"events", about.events},
               {"imports", about.imports},
               {"imported", about.imported},
               {"head", head_object(about.head)}});
}

std::string config_show_json(const LoadedConfig& loaded) {
  Json json = {{"file", loaded.config.file}, {"directory", loaded.config.directory}};
  json["settings"] = Json::array();
  for (const Setting& setting : loaded.settings)
    json["settings"].push_back({{"key", setting.key}, {"value", setting.value}, {"origin", setting.origin}});
  json["warnings"] = loaded.warnings;
  return dump(json);
}

std::string config_check_json(const LoadedConfig& loaded) {
  Json json = {{"file", loaded.config.file}, {"ok", true}};
  json["databases"] = Json::array();
  for (const core::DatabaseConfig& database : loaded.config.databases) json["databases"].push_back(database.name);
  json["warnings"] = loaded.warnings;
  return dump(json);
}

std::string error_json(const base::Error& error) {
  Json json;
  json["error"] = {{"kind", kind_name(error.kind())},
                   {"message", error.what()},
                   {"state", or_null(error.state())},
                   {"next", or_null(error.next())},
                   {"exit_code", base::exit_code(error.kind())}};
  return dump(json);
}

std::string object_json(const std::vector<std::pair<std::string, std::string>>& fields) {
  Json json = Json::object();
  for (const auto& [name, text] : fields) json[name] = text;
  return dump(json);
}

std::string lists_json(const std::vector<std::pair<std::string, std::vector<std::string>>>& fields) {
  Json json = Json::object();
  for (const auto& [name, list] : fields) json[name] = list;
  return dump(json);
}

}  // namespace cli

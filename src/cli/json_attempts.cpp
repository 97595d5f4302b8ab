// Attempts: as JSON, and as CSV with the same names and values.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/json_output.hpp"
#include "cli/json_parts.hpp"

namespace cli {
namespace {

constexpr std::size_t k_deepest = 200;  // the library writes by recursion

// The scalar fields of an attempt.
constexpr std::array<std::string_view, 24> k_columns = {
    "attempt", "run",      "script",  "outcome", "cause", "started_at", "finished_at",     "duration_ms",
    "by",      "host",     "trigger", "state",   "try",   "will_retry", "allowed_failure", "undoes",
    "sha256",  "moved_to", "reason",  "message", "error", "traceback",  "worker_sandbox",  "broker_sandbox"};

// What is no JSON is told as text rather than lost.
Json value_of(const std::string& text, Json none) {
  if (text.empty()) return none;
  if (!base::is_json(text, k_deepest)) return text;
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

void add_details(Json& json, const ledger::Details& details) {
  json["try"] = details.try_number;
  json["will_retry"] = details.again;
  json["allowed_failure"] = details.allowed;
  json["undoes"] = id_or_null(details.undoes);
  json["depends"] = value_of(details.depends, Json::array());
  json["tags"] = value_of(details.tags, Json::array());
  json["args"] = value_of(details.args, nullptr);
  json["warnings"] = value_of(details.warnings, Json::array());
  json["data"] = value_of(details.data, nullptr);
}

Json measures_object(const ledger::Measures& measures) {
  return {{"load_ms", milliseconds(measures.load)},
          {"should_run_ms", milliseconds(measures.should_run)},
          {"execute_ms", milliseconds(measures.execute)},
          {"commit_ms", milliseconds(measures.commit)},
          {"total_ms", milliseconds(measures.total)},
          {"cpu_ms", milliseconds(measures.cpu)},
          {"peak_memory", measures.peak_memory},
          {"statements", measures.statements},
          {"rows_changed", measures.rows_changed},
          {"worker_sandbox", or_null(measures.worker_sandbox)},
          {"broker_sandbox", or_null(measures.broker_sandbox)}};
}

// Quoted as RFC 4180 asks. What is unsafe on a terminal is escaped, and what a spreadsheet would calculate begins with
// an apostrophe; so the text may differ from what it was.
std::string cell(const Json& value) {
  if (value.is_null()) return {};
  if (!value.is_string()) return value.dump();
  std::string text = base::escape_lines(base::repair_utf8(value.get_ref<const std::string&>()));
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\n\t ") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted.append(letter == '"' ? 2 : 1, letter);
  return quoted + '"';
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void add_outcome(Json& json, const std::optional<core::OutcomeKind>& kind, const core::Outcome& outcome) {
  json["outcome"] = kind ? Json(core::name(*kind)) : Json(nullptr);
  json["cause"] = or_null(core::name(outcome.cause));
  json["reason"] = or_null(outcome.reason);
  json["message"] = or_null(outcome.message);
  json["result"] = value_of(outcome.result, nullptr);
  json["error"] = or_null(outcome.error);
  json["traceback"] = or_null(outcome.traceback);
}

Json attempt_object(const ledger::Attempt& attempt, const core::Changes& changes) {
  Json json = {{"script", attempt.script}, {"sha256", attempt.sha256}, {"attempt", attempt.id}};
  add_outcome(json, attempt.ended_as, attempt.outcome);
  json["duration_ms"] = attempt.ended_as ? milliseconds(attempt.measures.total) : Json(nullptr);
  json["moved_to"] = or_null(attempt.moved_to);
  json["changes"] = counted_changes(changes);
  json["run"] = attempt.run;
  json["by"] = or_null(attempt.by);
  json["host"] = or_null(attempt.host);
  json["trigger"] = or_null(attempt.trigger);
  json["started_at"] = time_or_null(attempt.started);
  json["finished_at"] = attempt.ended_as ? time_or_null(attempt.finished) : Json(nullptr);
  json["state"] = or_null(attempt.state);
  json["worker_sandbox"] = or_null(attempt.measures.worker_sandbox);
  json["broker_sandbox"] = or_null(attempt.measures.broker_sandbox);
  add_details(json, attempt.details);
  return json;
}

std::string history_json_row(const ledger::Attempt& attempt, const core::Changes& changes) {
  std::string text = "  ";
  for (const char letter : dump(attempt_object(attempt, changes))) {
    text += letter;
    if (letter == '\n') text += "  ";
  }
  return text;
}

std::string history_csv_header() {
  return fmt::format("{}\r\n", fmt::join(k_columns, ","));
}

std::string history_csv_row(const ledger::Attempt& attempt) {
  const Json json = attempt_object(attempt);
  std::string text;
  for (const std::string_view column : k_columns)
    text += fmt::format("{}{}", text.empty() ? "" : ",", cell(json.at(std::string(column))));
  return text + "\r\n";
}

std::string show_json(const ToShow& shown) {
  const ledger::Attempt& attempt = shown.attempt;
  Json json = attempt_object(attempt);
  json["changes"] = changes_object(shown.changes, shown.rows);
  json["run_reason"] = or_null(attempt.run_reason);
  json["command"] = or_null(attempt.command);
  json["database"] = or_null(attempt.database);
  json["description"] = or_null(attempt.description);
  json["repeatable"] = attempt.repeatable;
  json["rolled_back_by"] = id_or_null(shown.rolled_back_by);
  json["measures"] = measures_object(attempt.measures);
  json["log"] = Json::array();
  for (const ledger::LogLine& line : shown.lines)
    json["log"].push_back({{"at", time_or_null(line.at)}, {"level", core::name(line.level)}, {"text", line.text}});
  json["text"] = shown.text;
  json["other_attempts"] = Json::array();
  for (const auto& [other, changes] : shown.others) json["other_attempts"].push_back(attempt_object(other, changes));
  return dump(json);
}

std::string pretty(std::string_view json) {
  if (!base::is_json(json, k_deepest)) return std::string(json);
  const Json value = Json::parse(json, nullptr, false);
  return value.is_discarded() ? std::string(json) : dump(value);
}

std::vector<std::string> texts_in(const std::string& list) {
  std::vector<std::string> texts;
  const Json json = value_of(list, Json::array());
  if (!json.is_array()) return {list};
  for (const Json& each : json) texts.push_back(text_of(each));
  return texts;
}

std::vector<std::pair<std::string, std::string>> members_in(const std::string& object) {
  std::vector<std::pair<std::string, std::string>> members;
  const Json json = value_of(object, Json::object());
  for (const auto& [name, value] : json.items()) members.emplace_back(name, text_of(value));
  return members;
}

}  // namespace cli

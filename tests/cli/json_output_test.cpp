#include "cli/json_output.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> names_of(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

core::RunReport a_run() {
  core::AttemptReport good;
  good.attempt = 7;
  good.script = "001_a.lua";
  good.sha256 = std::string(64, 'a');
  good.outcome.kind = core::OutcomeKind::succeeded;
  good.outcome.message = "quotes \" and \xff bytes\n";
  good.outcome.result = R"({"rows":3,"deep":{"list":[1,2.5,null]},"big":9007199254740993})";
  good.moved_to = "successfully-ran/001_a.lua";
  good.duration = std::chrono::microseconds(1250);
  core::AttemptReport bad;
  bad.script = "002_\xff.lua";
  bad.outcome = core::failed(core::Cause::timeout, "too slow", "stack");
  core::RunReport run;
  run.run = 3;
  run.trigger = "manual";
  run.by = "anna";
  run.host = "host-a";
  run.started.milliseconds = 1'763'720'940'123;
  run.finished.milliseconds = 1'763'720'941'000;
  run.duration = std::chrono::milliseconds(877);
  run.counts = {.succeeded = 1, .failed = 1};
  run.scripts = {good, bad};
  return run;
}

ledger::Attempt an_attempt() {
  ledger::Attempt attempt;
  attempt.id = 9;
  attempt.run = 3;
  attempt.script = "002_b.lua";
  attempt.sha256 = std::string(64, 'b');
  attempt.state = "new";
  attempt.ended_as = core::OutcomeKind::failed;
  attempt.outcome = core::failed(core::Cause::error, "no\nsuch");
  attempt.started.milliseconds = attempt.finished.milliseconds = 1'763'720'940'123;
  attempt.measures.total = std::chrono::microseconds(2500);
  attempt.by = "anna";
  attempt.host = "host-a";
  attempt.trigger = "manual";
  return attempt;
}

}  // namespace

TEST_CASE("json: a run has exactly the promised fields, in their order") {
  const Json json = Json::parse(cli::run_json(a_run()));
  CHECK(names_of(json) == std::vector<std::string>{"run", "trigger", "by", "host", "reason", "started_at",
                                                   "finished_at", "duration_ms", "dry_run", "counts", "scripts",
                                                   "forbidden", "hooks", "backup", "backup_fault", "exit_code"});
  CHECK(names_of(json["counts"]) ==
        std::vector<std::string>{"succeeded", "failed", "skipped", "blocked", "interrupted", "unknown", "rolled_back"});
  CHECK(names_of(json["scripts"][0]) == std::vector<std::string>{"script", "sha256", "attempt", "outcome", "cause",
                                                                 "reason", "message", "result", "error", "traceback",
                                                                 "duration_ms", "moved_to", "changes", "note", "try",
                                                                 "allowed_failure", "warnings", "until"});
  CHECK(json["started_at"] == "2025-11-21T10:29:00.123Z");
  CHECK(json["duration_ms"] == 877);
  CHECK(json["exit_code"] == 4);
}

TEST_CASE("json: empty texts are null, results are values, times keep their fractions") {
  const Json json = Json::parse(cli::run_json(a_run()));
  const Json& good = json["scripts"][0];
  CHECK(good["outcome"] == "succeeded");
  CHECK(good["cause"].is_null());
  CHECK(good["reason"].is_null());
  CHECK(good["error"].is_null());
  CHECK(good["changes"].is_null());
  CHECK(good["duration_ms"] == 1.25);
  CHECK(good["result"]["deep"]["list"] == Json::parse("[1,2.5,null]"));
  CHECK(good["result"]["big"] == 9007199254740993);
  CHECK(good["message"] == "quotes \" and \uFFFD bytes\n");
  const Json& bad = json["scripts"][1];
  CHECK(bad["script"] == "002_\uFFFD.lua");
  CHECK(bad["cause"] == "timeout");
  CHECK(bad["traceback"] == "stack");
  CHECK(bad["attempt"].is_null());
  CHECK(bad["moved_to"].is_null());
  CHECK(bad["result"].is_null());
}

TEST_CASE("json: a run that had nothing to do has no number and an empty list") {
  const Json json = Json::parse(cli::run_json(core::RunReport{}));
  CHECK(json["run"].is_null());
  CHECK(json["scripts"] == Json::array());
  CHECK(json["exit_code"] == 0);
}

TEST_CASE("json: a result that is no JSON, or too deep to write, is told as text") {
  core::RunReport run = a_run();
  run.scripts[0].outcome.result = "{oops";
  CHECK(Json::parse(cli::run_json(run))["scripts"][0]["result"] == "{oops");
  run.scripts[0].outcome.result = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(Json::parse(cli::run_json(run))["scripts"][0]["result"].is_string());
  CHECK(cli::pretty("{oops") == "{oops");
  CHECK(cli::pretty("{\"a\":1}") == "{\n  \"a\": 1\n}");
}

TEST_CASE("json: history is a list of attempts with the fields of a run's scripts and those of its run") {
  ledger::Attempt running = an_attempt();
  running.ended_as.reset();
  const Json json =
      Json::parse("[" + cli::history_json_row(an_attempt(), {}) + "," + cli::history_json_row(running, {}) + "]");
  REQUIRE(json.size() == 2);
  for (const char* name :
       {"script", "sha256", "attempt", "outcome", "cause", "reason", "message", "result", "error", "traceback",
        "duration_ms", "moved_to", "changes", "run", "by", "host", "trigger", "started_at"}) {
    CAPTURE(name);
    CHECK(json[0].contains(name));
  }
  CHECK(json[0]["outcome"] == "failed");
  CHECK(json[0]["duration_ms"] == 2.5);
  CHECK(json[1]["outcome"].is_null());
  CHECK(json[1]["duration_ms"].is_null());
  CHECK(json[0]["try"] == 1);
  CHECK(json[0]["will_retry"] == false);
  CHECK(json[0]["allowed_failure"] == false);
  for (const char* name : {"undoes", "args", "data"}) CHECK(json[0].at(name).is_null());
  for (const char* name : {"depends", "tags", "warnings"}) CHECK(json[0].at(name) == Json::array());
}

TEST_CASE("json: what more there is to say of an attempt is told as lists and objects") {
  ledger::Attempt attempt = an_attempt();
  attempt.details = {.try_number = 2,
                     .again = true,
                     .allowed = true,
                     .undoes = 5,
                     .depends = R"(["001_a"])",
                     .tags = R"(["slow"])",
                     .args = R"({"limit":"10"})",
                     .warnings = R"(["odd"])",
                     .data = "{oops"};
  const Json json = Json::parse(cli::history_json_row(attempt, {}));
  CHECK(json["try"] == 2);
  CHECK(json["will_retry"] == true);
  CHECK(json["allowed_failure"] == true);
  CHECK(json["undoes"] == 5);
  CHECK(json["depends"] == Json::array({"001_a"}));
  CHECK(json["tags"][0] == "slow");
  CHECK(json["args"]["limit"] == "10");
  CHECK(json["warnings"][0] == "odd");
  CHECK(json["data"] == "{oops");
}

TEST_CASE("json: show adds the text that ran, the log, the measures and the other attempts") {
  const ledger::LogLine line{.at = {1'763'720'940'123}, .level = core::LineLevel::warn, .text = "odd \xff"};
  cli::ToShow shown;
  shown.attempt = an_attempt();
  shown.lines = {line};
  shown.text = "return {\xff}\n";
  shown.others = {{an_attempt(), {}}};
  const Json json = Json::parse(cli::show_json(shown));
  CHECK(json["text"] == "return {\uFFFD}\n");
  CHECK(json["log"][0]["level"] == "warn");
  CHECK(json["log"][0]["at"] == "2025-11-21T10:29:00.123Z");
  CHECK(json["measures"]["total_ms"] == 2.5);
  CHECK(json["other_attempts"][0]["attempt"] == 9);
}

TEST_CASE("json: changes are tables with counts and rows, and what became of the schema") {
  core::Changes changes;
  changes.tables = {
      {.table = "menu", .columns = {"id", "photo"}, .key = {"id"}, .inserted = 1, .updated = 2, .net = true},
      {.table = "", .columns = {}, .key = {}, .deleted = 4, .net = false, .gap = "not known"}};
  changes.schema = {{core::SchemaChange::Kind::created, "index", "by_id", "", "CREATE INDEX by_id"}};
  const double endless = std::numeric_limits<double>::infinity();
  const std::vector<core::RowChange> rows = {{core::RowChange::Kind::updated,
                                              0,
                                              {std::int64_t{9007199254740993}, core::Null{}},
                                              {1.5, core::Blob{std::string("\0\xff", 2)}}},
                                             {core::RowChange::Kind::inserted, 0, {}, {endless, "odd \xff"}},
                                             {core::RowChange::Kind::inserted, 9, {}, {true}}};
  core::RunReport run = a_run();
  run.scripts[0].changes = changes;
  run.scripts[0].sample = rows;
  const Json json = Json::parse(cli::run_json(run))["scripts"][0]["changes"];
  CHECK(json["tables"][0]["table"] == "menu");
  CHECK(json["tables"][0]["inserted"] == 1);
  CHECK(json["tables"][0]["updated"] == 2);
  CHECK(json["tables"][0]["deleted"] == 0);
  CHECK(json["tables"][0]["net"] == true);
  CHECK(json["tables"][0]["gap"].is_null());
  CHECK(json["tables"][0]["columns"] == Json::array({"id", "photo"}));
  CHECK(json["tables"][0]["key"] == Json::array({"id"}));
  CHECK(json["tables"][0]["rows"] ==
        Json::parse(R"([{"kind":"updated","before":[9007199254740993,null],"after":[1.5,{"blob_hex":"00ff"}]},
                        {"kind":"inserted","before":null,"after":["inf","odd \uFFFD"]}])"));
  CHECK(json["tables"][1]["table"].is_null());
  CHECK(json["tables"][1]["net"] == false);
  CHECK(json["tables"][1]["gap"] == "not known");
  CHECK(json["schema"] == Json::parse(R"([{"kind":"created","type":"index","name":"by_id","before":null,
                                           "after":"CREATE INDEX by_id"}])"));
  CHECK(Json::parse(cli::run_json(a_run()))["scripts"][0]["changes"].is_null());
  const Json counted = Json::parse(cli::history_json_row(an_attempt(), changes))["changes"];
  CHECK(counted["tables"][0] ==
        Json::parse(R"({"table":"menu","inserted":1,"updated":2,"deleted":0,"net":true,"gap":null})"));
  CHECK(counted["schema"] == Json::parse(R"([{"kind":"created","type":"index","name":"by_id"}])"));
}

TEST_CASE("json: status tells pending, failed, ignored, counts, the last run and the lock") {
  runner::Survey survey;
  survey.pending.push_back({"003_c.lua", std::string(64, 'c'), core::ScriptState::changed, "changed since"});
  survey.failed.push_back({"002_b.2.lua", an_attempt()});
  survey.failed.push_back({"009_stray.lua", std::nullopt});
  survey.ignored.push_back({"notes.txt", "does not end in .lua"});
  survey.succeeded = 40;
  const Json json =
      Json::parse(cli::status_json(survey, std::nullopt, {}, cli::groups_of(survey, std::nullopt), false));
  CHECK(json["pending"] == Json::parse(R"([{"script":"003_c.lua","sha256":")" + std::string(64, 'c') +
                                       R"(","state":"changed","reason":"changed since"}])"));
  CHECK(json["failed"][0]["script"] == "002_b.2.lua");
  CHECK(json["failed"][0]["attempt"] == 9);
  CHECK(json["failed"][1]["attempt"].is_null());
  CHECK(json["ignored"][0]["reason"] == "does not end in .lua");
  CHECK(json["counts"] == Json::parse(R"({"pending":1,"failed":2,"ignored":1,"succeeded":40})"));
  CHECK(json["last_run"].is_null());
  CHECK(json["lock"]["held"] == false);
}

TEST_CASE("json: plan and check tell each script with its cause and what it declares") {
  runner::PlanReport plan;
  runner::Planned planned;
  planned.script = "001_a.lua";
  planned.forecast = runner::Forecast::would_fail;
  planned.outcome = core::failed(core::Cause::syntax, "near end");
  planned.declaration.description = "about";
  plan.scripts.push_back(planned);
  const Json json = Json::parse(cli::plan_json(plan));
  CHECK(json["scripts"][0]["forecast"] == "would_fail");
  CHECK(json["scripts"][0]["cause"] == "syntax");
  CHECK(json["scripts"][0]["description"] == "about");
  CHECK(json["target_unreachable"] == false);
  runner::CheckReport check;
  runner::Checked checked;
  checked.script = "001_a.lua";
  checked.outcome = core::failed(core::Cause::contract, "no execute");
  check.scripts.push_back(checked);
  CHECK(Json::parse(cli::check_json(check))["scripts"][0]["outcome"] == "failed");
}

TEST_CASE("json: an error is an object with kind, message, state, next and exit code") {
  const base::Error error(base::ErrorKind::lock_held, "run 3 holds the lock", "Nothing was run.");
  CHECK(
      Json::parse(cli::error_json(error)) ==
      Json::parse(
          R"({"error":{"kind":"lock_held","message":"run 3 holds the lock","state":"Nothing was run.","next":null,"exit_code":5}})"));
}

TEST_CASE("json: what retry brought back is named beside the run") {
  CHECK(Json::parse(cli::requeued_json({"a.lua"})) == Json::parse(R"({"requeued":["a.lua"]})"));
  CHECK(Json::parse(cli::requeued_json({})) == Json::parse(R"({"requeued":[]})"));
  const Json json = Json::parse(cli::retry_json(a_run(), {"a.lua"}));
  CHECK(json["requeued"] == Json::parse(R"(["a.lua"])"));
  CHECK(json["run"] == 3);
}

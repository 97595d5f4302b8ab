#include "cli/status_groups.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace {

using Names = std::vector<std::string>;

Names names_of(const std::vector<cli::Groups::Row>& rows) {
  Names names;
  for (const cli::Groups::Row& row : rows) names.push_back(row.script);
  return names;
}

ledger::Attempt attempt_of(std::int64_t id, const std::string& script, std::optional<core::OutcomeKind> kind) {
  ledger::Attempt attempt;
  attempt.id = id;
  attempt.script = script;
  attempt.ended_as = kind;
  attempt.outcome.error = "first\nsecond";
  attempt.started = attempt.finished = {5000};
  return attempt;
}

runner::Pending pending(const std::string& script) {
  runner::Pending pending;
  pending.script = script;
  return pending;
}

runner::Pending stopped(const std::string& script, core::OutcomeKind kind) {
  runner::Pending held = pending(script);
  held.stopped = {7, kind, "not before noon", {6000}};
  return held;
}

runner::Survey a_survey() {
  runner::Survey survey;
  survey.last_run.emplace();
  survey.lock.held = true;
  survey.lock.in_work = attempt_of(9, "1_works.lua", std::nullopt);
  survey.open_questions = {attempt_of(8, "2_doubt.lua", core::OutcomeKind::unknown)};
  survey.pending = {pending("1_works.lua"),
                    pending("2_doubt.lua"),
                    stopped("3_blocked.lua", core::OutcomeKind::blocked),
                    stopped("4_cut.lua", core::OutcomeKind::interrupted),
                    pending("5_waits.lua"),
                    pending("6_fresh.lua")};
  survey.failed = {{"7_bad.2.lua", attempt_of(3, "7_bad.lua", core::OutcomeKind::failed)}, {"8_strange.lua", {}}};
  survey.fates = {{"6_fresh.lua", ledger::Fate::succeeded, 1, {1}},  {"7_bad.lua", ledger::Fate::succeeded, 1, {1}},
                  {"9_good.lua", ledger::Fate::succeeded, 1, {1}},   {"a_mended.lua", ledger::Fate::recovered, 2, {2}},
                  {"b_mended.lua", ledger::Fate::recovered, 2, {2}}, {"c_back.lua", ledger::Fate::rolled_back, 2, {2}}};
  return survey;
}

watch::Notice a_notice() {
  watch::Notice notice;
  notice.waiting = {{"5_waits.lua", "window 22:00-04:00", base::Instant{9000}}, {"3_blocked.lua", "", {}}};
  return notice;
}

}  // namespace

TEST_CASE("status: each script stands in one group, the most urgent that is true of it") {
  const cli::Groups groups = cli::groups_of(a_survey(), a_notice());
  CHECK(names_of(groups.running) == Names{"1_works.lua"});
  CHECK(names_of(groups.pending) == Names{"6_fresh.lua"});
  CHECK(names_of(groups.blocked) == Names{"3_blocked.lua", "5_waits.lua"});
  CHECK(names_of(groups.unknown) == Names{"2_doubt.lua", "4_cut.lua"});
  CHECK(names_of(groups.failing) == Names{"7_bad.2.lua", "8_strange.lua"});
  CHECK(cli::count_of(groups, ledger::Fate::succeeded) == 1);
  CHECK(cli::count_of(groups, ledger::Fate::recovered) == 2);
  CHECK(cli::ended_text(groups) == "2 recovered after a failure, 1 rolled back; -v names them");
}

TEST_CASE("status: what is blocked says why, and until when where somebody knows") {
  const cli::Groups groups = cli::groups_of(a_survey(), a_notice());
  CHECK(groups.blocked[0].reason == "not before noon");
  CHECK(groups.blocked[0].attempt == 7);
  CHECK_FALSE(groups.blocked[0].until);
  CHECK(groups.blocked[1].reason == "window 22:00-04:00");
  CHECK(groups.blocked[1].until == base::Instant{9000});
  const cli::Groups unwatched = cli::groups_of(a_survey(), std::nullopt);
  CHECK(names_of(unwatched.blocked) == Names{"3_blocked.lua"});
}

TEST_CASE("status: what a person must decide comes with the command, what the next run finds out does not") {
  runner::Survey survey = a_survey();
  survey.lock = {};
  survey.open_questions.push_back(attempt_of(9, "1_works.lua", std::nullopt));
  const cli::Groups groups = cli::groups_of(survey, std::nullopt);
  REQUIRE(names_of(groups.unknown) == Names{"2_doubt.lua", "1_works.lua", "4_cut.lua"});
  CHECK(groups.unknown[0].below.find("fettle mark 2_doubt succeeded") != std::string::npos);
  CHECK(groups.unknown[1].below.empty());
  CHECK(groups.unknown[1].reason.find("next run") != std::string::npos);
}

TEST_CASE("status: a failure is told in one line") {
  const cli::Groups groups = cli::groups_of(a_survey(), std::nullopt);
  CHECK(groups.failing[0].reason == "first");
  CHECK(groups.failing[1].reason.empty());
}

TEST_CASE("status: what is too much for a glance is not passed over in silence") {
  runner::Survey survey = a_survey();
  survey.fates.reset();
  CHECK(cli::ended_text(cli::groups_of(survey, std::nullopt)).find("status -v") != std::string::npos);
  CHECK(cli::ended_text(cli::groups_of(runner::Survey{}, std::nullopt)).empty());
}

// The documents that --json prints (design section 7). The only place in this room that includes nlohmann. Pure: every
// function gives a whole document without a line end. Text that is not UTF-8 is repaired, never refused; what is
// unsafe on a terminal is escaped, so nothing is lost.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "cli/config_file.hpp"
#include "cli/editor_help.hpp"
#include "cli/status_groups.hpp"
#include "cli/templates.hpp"
#include "core/diagnosis.hpp"
#include "core/report.hpp"
#include "ledger/history.hpp"
#include "runner/adding.hpp"
#include "runner/fleet.hpp"
#include "runner/mark.hpp"
#include "runner/preflight.hpp"
#include "runner/rehearsal.hpp"
#include "runner/repair.hpp"
#include "runner/rollback.hpp"
#include "runner/survey.hpp"
#include "watch/notice.hpp"

namespace cli {

std::string run_json(const core::RunReport& run);
// What a hook reads on its stdin: the same, or what is known of it before it begins.
std::string hook_json(core::Hook hook, const core::RunReport& run);
// A run that retry started: the same, and which files it brought back.
std::string retry_json(const core::RunReport& run, const std::vector<std::string>& requeued);
std::string added_json(const runner::AddedScript& added);
std::string requeued_json(const std::vector<std::string>& requeued);
// What repair found, and did unless it only told.
std::string rehearsal_json(const runner::Rehearsal& rehearsal);
std::string repair_json(const runner::RepairReport& report, bool dry_run);
std::string undoings_json(const std::vector<runner::Undoing>& all, const core::RunReport& preview);
std::string marked_json(const runner::Marked& marked, std::string_view as);
// run: the one that was declared dead; nullopt: there was nothing to unlock.
std::string unlocked_json(const std::optional<ledger::Run>& run);
// watcher: nullopt when none is at work; fleet: empty when there is none; names: also of what has ended.
std::string status_json(const runner::Survey& survey, const std::optional<watch::Notice>& watcher,
                        const std::vector<runner::Mustered>& fleet, const Groups& groups, bool names);
std::string fleet_json(const std::vector<runner::Mustered>& fleet);
// One member of the list that history prints, without the comma behind it.
std::string history_json_row(const ledger::Attempt& attempt, const core::Changes& changes);
// RFC 4180: lines with their ends; the scalar fields of history's JSON, null as nothing.
std::string history_csv_header();
std::string history_csv_row(const ledger::Attempt& attempt);
// One attempt with everything that there is to say of it.
struct ToShow {
  ledger::Attempt attempt;
  std::int64_t rolled_back_by = 0;  // the attempt that took it back; 0: none has
  std::vector<ledger::LogLine> lines;
  std::string text;
  core::Changes changes;
  std::vector<core::RowChange> rows;  // a sample of them, or all
  std::vector<std::pair<ledger::Attempt, core::Changes>> others;
};
std::string show_json(const ToShow& shown);
// One run, and a list of them.
std::string ledger_run_json(const ledger::Run& run);
std::string runs_json(const std::vector<ledger::Run>& runs);
std::string plan_json(const runner::PlanReport& plan);
std::string check_json(const runner::CheckReport& check);
std::string doctor_json(const core::Diagnoses& diagnoses);
std::string head_json(const ledger::Head& head);
std::string verify_json(const ledger::Verdict& verdict, const std::vector<std::string>& notes);
std::string ledger_info_json(const std::string& path, std::uint64_t size, const ledger::About& about);
std::string config_show_json(const LoadedConfig& loaded);
std::string config_check_json(const LoadedConfig& loaded);
// made: what is told of the script itself.
std::string new_json(const std::vector<std::pair<std::string, std::string>>& made, const EditorHelp& help);
std::string templates_json(std::span<const Template> templates, std::string_view plain);
std::string error_json(const base::Error& error);
// Simple documents: names and texts, names and lists.
std::string object_json(const std::vector<std::pair<std::string, std::string>>& fields);
std::string lists_json(const std::vector<std::pair<std::string, std::vector<std::string>>>& fields);

// A JSON text with line ends and indentation; unchanged when it is not well-formed.
std::string pretty(std::string_view json);
// What stands in a JSON list or object, as text; what is no such thing is one text, or no member.
std::vector<std::string> texts_in(const std::string& list);
std::vector<std::pair<std::string, std::string>> members_in(const std::string& object);

}  // namespace cli

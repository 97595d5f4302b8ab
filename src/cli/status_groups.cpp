#include "cli/status_groups.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/console.hpp"
#include "cli/listing.hpp"
#include "core/script.hpp"

namespace cli {
namespace {

using Row = Groups::Row;
using Watcher = std::optional<watch::Notice>;

std::string attempt_text(std::int64_t attempt, base::Instant at) {
  return fmt::format("attempt {}, {}", attempt, base::local_time(at));
}

Row running_row(const runner::Lock& lock) {
  const ledger::Attempt& attempt = *lock.in_work;
  return {.script = attempt.script,
          .attempt = attempt.id,
          .reason = {},
          .until = {},
          .at = attempt.started,
          .remark = fmt::format("{}, by {}", attempt_text(attempt.id, attempt.started), attempt.by)};
}

Row question_row(const ledger::Attempt& attempt) {
  Row row{.script = attempt.script,
          .attempt = attempt.id,
          .reason = attempt.outcome.reason,
          .until = {},
          .at = attempt.ended_as ? attempt.finished : attempt.started};
  if (!attempt.ended_as) {
    row.reason = "its run died; the next run finds out what became of it";
    row.remark = fmt::format("{}: {}", attempt_text(attempt.id, attempt.started), row.reason);
    return row;
  }
  row.remark = fmt::format("unknown: {}", attempt_text(attempt.id, attempt.finished));
  if (!row.reason.empty()) row.remark += ": " + row.reason;
  row.below = fmt::format("look, then fettle mark {} succeeded (or failed, pending)", core::command_word(row.script));
  return row;
}

const watch::Notice::Script* wait_of(const Watcher& watcher, const std::string& script) {
  if (!watcher) return nullptr;
  const auto found = std::find_if(watcher->waiting.begin(), watcher->waiting.end(),
                                  [&script](const watch::Notice::Script& each) { return each.script == script; });
  return found == watcher->waiting.end() ? nullptr : &*found;
}

Row stopped_row(const runner::Pending& pending) {
  const runner::Stopped& stopped = *pending.stopped;
  return {.script = pending.script,
          .attempt = stopped.attempt,
          .reason = stopped.reason,
          .until = {},
          .at = stopped.at,
          .remark = stopped.reason.empty() ? attempt_text(stopped.attempt, stopped.at) : stopped.reason};
}

void add_blocked(Groups& groups, const runner::Pending& pending, const watch::Notice::Script* wait) {
  Row row{.script = pending.script, .attempt = 0, .reason = {}, .until = {}, .at = {}};
  if (pending.stopped) row = stopped_row(pending);
  if (wait != nullptr) {
    if (!wait->reason.empty()) row.reason = wait->reason;
    row.until = wait->until;
    row.remark = wait->until ? fmt::format("waits until {}: {}", base::local_time(*wait->until), row.reason)
                             : fmt::format("waits: {}", row.reason);
  }
  groups.blocked.push_back(std::move(row));
}

// A pending file that is neither in work nor in question.
void add_pending(Groups& groups, const runner::Pending& pending, const Watcher& watcher) {
  const watch::Notice::Script* wait = wait_of(watcher, pending.script);
  if (wait != nullptr || (pending.stopped && pending.stopped->outcome == core::OutcomeKind::blocked))
    return add_blocked(groups, pending, wait);
  if (pending.stopped) {
    Row row = stopped_row(pending);
    row.remark = fmt::format("interrupted: {}; a run begins it again", row.remark);
    groups.unknown.push_back(std::move(row));
    return;
  }
  const std::string_view state = core::name(pending.state);
  const bool is_said = pending.reason.starts_with(fmt::format("{} ", state));  // "imported from knex: …"
  groups.pending.push_back({.script = pending.script,
                            .attempt = 0,
                            .reason = pending.reason,
                            .until = {},
                            .at = {},
                            .remark = pending.reason.empty() ? std::string(state)
                                      : is_said              ? pending.reason
                                                             : fmt::format("{}: {}", state, pending.reason)});
}

Row failing_row(const runner::Failed& failed) {
  Row row{.script = failed.script, .attempt = 0, .reason = {}, .until = {}, .at = {}};
  row.remark = "the ledger knows nothing of it";
  if (!failed.attempt) return row;
  const core::Outcome& outcome = failed.attempt->outcome;
  const std::string_view error = base::first_line(base::trim(outcome.error.empty() ? outcome.message : outcome.error));
  row.attempt = failed.attempt->id;
  row.reason = error.empty() ? std::string(cause_text(outcome.cause)) : std::string(error);
  row.at = failed.attempt->finished;
  row.remark = attempt_text(row.attempt, *row.at);
  row.below = row.reason;
  return row;
}

// Every name under which the groups that need attention tell of a script.
std::set<std::string> told_of(const Groups& groups, const runner::Survey& survey) {
  std::set<std::string> names;
  for (const auto* group : {&groups.running, &groups.pending, &groups.blocked, &groups.unknown, &groups.failing})
    for (const Row& row : *group) names.insert(row.script);
  for (const runner::Failed& failed : survey.failed)
    if (failed.attempt) names.insert(failed.attempt->script);
  return names;
}

void print_rows(const Context& context, const std::vector<Row>& rows, Colour colour, std::string_view what,
                const std::string& folder) {
  if (rows.empty()) return;
  const std::string count = fmt::format("{} {}", base::plural(rows.size(), "script"), what);
  const std::string place = folder.empty() ? "" : fmt::format(" in {}/", base::escape(folder));
  context.print(fmt::format("{}{}\n", context.style.paint(colour, count), place));
  const bool all = context.arguments.talk == Talk::verbose;
  const std::size_t shown = all ? rows.size() : std::min(rows.size(), k_most_rows);
  for (std::size_t index = 0; index < shown; ++index) {
    print_pair(context, rows[index].script, rows[index].remark);
    if (!rows[index].below.empty())
      context.print(base::fit("      " + base::escape(rows[index].below), context.style.width) + "\n");
  }
  if (shown < rows.size()) context.print(fmt::format("  … and {} more: -v shows all\n", rows.size() - shown));
}

constexpr ledger::Fate k_fates[] = {ledger::Fate::recovered, ledger::Fate::skipped, ledger::Fate::succeeded,
                                    ledger::Fate::rolled_back};

std::string_view fate_words(ledger::Fate fate) {
  if (fate == ledger::Fate::recovered) return "recovered after a failure";
  return fate == ledger::Fate::rolled_back ? "rolled back" : fate_name(fate);
}

}  // namespace

Groups groups_of(const runner::Survey& survey, const Watcher& watcher) {
  Groups groups;
  std::set<std::string> taken;
  if (survey.lock.in_work) {
    groups.running.push_back(running_row(survey.lock));
    taken.insert(survey.lock.in_work->script);
  }
  for (const ledger::Attempt& attempt : survey.open_questions) {
    if (!attempt.ended_as && survey.lock.held) continue;  // the run that is just starting looks into it
    if (taken.insert(attempt.script).second) groups.unknown.push_back(question_row(attempt));
  }
  for (const runner::Pending& pending : survey.pending)
    if (!taken.contains(pending.script)) add_pending(groups, pending, watcher);
  for (const runner::Failed& failed : survey.failed) groups.failing.push_back(failing_row(failed));
  groups.glanced = survey.fates.has_value() || !survey.last_run;
  if (!survey.fates) return groups;
  groups.ended = *survey.fates;
  const std::set<std::string> told = told_of(groups, survey);
  std::erase_if(groups.ended, [&told](const ledger::Fated& each) { return told.contains(each.script); });
  return groups;
}

std::size_t count_of(const Groups& groups, ledger::Fate fate) {
  return static_cast<std::size_t>(std::count_if(groups.ended.begin(), groups.ended.end(),
                                                [fate](const ledger::Fated& each) { return each.fate == fate; }));
}

std::string_view fate_name(ledger::Fate fate) noexcept {
  switch (fate) {
    case ledger::Fate::succeeded:
      return "succeeded";
    case ledger::Fate::recovered:
      return "recovered";
    case ledger::Fate::skipped:
      return "skipped";
    case ledger::Fate::rolled_back:
      return "rolled_back";
  }
  return "";
}

void print_groups(const Context& context, const Groups& groups) {
  const core::Config& config = context.config();
  const std::string& folder = config.folders.scripts;
  if (groups.running.empty() && groups.pending.empty() && groups.blocked.empty() && groups.unknown.empty())
    context.print(fmt::format("nothing pending in {}/\n", base::escape(folder)));
  print_rows(context, groups.running, Colour::cyan, "running", {});
  print_rows(context, groups.pending, Colour::bold, "pending", folder);
  print_rows(context, groups.blocked, Colour::yellow, "blocked", folder);
  print_rows(context, groups.unknown, Colour::red, "interrupted or unknown", {});
  print_rows(context, groups.failing, Colour::red, "failed", config.folders.failed);
  if (context.arguments.talk != Talk::verbose) return;
  for (const ledger::Fate fate : k_fates) {
    std::vector<Row> rows;
    for (const ledger::Fated& each : groups.ended)
      if (each.fate == fate)
        rows.push_back({.script = each.script,
                        .attempt = each.attempt,
                        .reason = {},
                        .until = {},
                        .at = each.at,
                        .remark = attempt_text(each.attempt, each.at)});
    print_rows(context, rows, Colour::plain, fate_words(fate), {});
  }
}

std::string ended_text(const Groups& groups) {
  if (!groups.glanced) return "too much to count at a glance; fettle status -v lists it";
  std::string text;
  for (const ledger::Fate fate : k_fates)
    if (const std::size_t count = count_of(groups, fate); count > 0 && fate != ledger::Fate::succeeded)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, fate_words(fate));
  return text.empty() ? text : text + "; -v names them";
}

}  // namespace cli

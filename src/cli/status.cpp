#include <algorithm>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/fleet.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/run.hpp"
#include "cli/status_groups.hpp"
#include "cli/words.hpp"
#include "core/script.hpp"
#include "runner/survey.hpp"
#include "watch/notice.hpp"

namespace cli {
namespace {

constexpr int k_something_is_pending = 3;

using Watcher = std::optional<watch::Notice>;

std::string watcher_text(const Watcher& watcher) {
  if (!watcher) return "none: fettle watch runs scripts as they are dropped in";
  const std::string who = fmt::format("process {} since {}", watcher->pid, base::local_time(watcher->since));
  if (watcher->why.empty()) return who + ", told of every change";
  return fmt::format("{}, looks every {}: {}", who, base::format_duration(watcher->interval), watcher->why);
}

std::string last_run_text(const ledger::Run& run) {
  std::string text = fmt::format("run {} by {} on {}, {}", run.id, run.by, run.host, base::local_time(run.started));
  if (!run.finished) return text + ", not finished";
  std::string counts;
  const auto add = [&counts](std::uint64_t count, core::OutcomeKind kind) {
    if (count > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count,
                            kind == core::OutcomeKind::rolled_back ? "rolled back" : core::name(kind));
  };
  add(run.counts.succeeded, core::OutcomeKind::succeeded);
  add(run.counts.skipped, core::OutcomeKind::skipped);
  add(run.counts.failed, core::OutcomeKind::failed);
  add(run.counts.blocked, core::OutcomeKind::blocked);
  add(run.counts.interrupted, core::OutcomeKind::interrupted);
  add(run.counts.unknown, core::OutcomeKind::unknown);
  add(run.counts.rolled_back, core::OutcomeKind::rolled_back);
  return fmt::format("{}: {}", text, counts.empty() ? "nothing was run" : counts);
}

std::string lock_text(const runner::Lock& lock) {
  if (lock.in_doubt) return fmt::format("in doubt: {} has not ended; fettle unlock tells more", runner::describe(lock));
  return lock.held ? runner::describe(lock) : "free";
}

void print_facts(const Context& context, const runner::Survey& survey, const Watcher& watcher, const Groups& groups) {
  context.print("\n");
  print_field(
      context, "done",
      fmt::format("{} in {}", base::plural(survey.succeeded, "script"), context.config().folders.succeeded + "/"));
  if (context.arguments.talk != Talk::verbose) print_field(context, "earlier", ended_text(groups));
  print_field(context, "last run", survey.last_run ? last_run_text(*survey.last_run) : "never");
  print_field(context, "lock", lock_text(survey.lock));
  print_field(context, "watcher", watcher_text(watcher));
  if (survey.forbidden)
    print_field(context, "guard", fmt::format("runs are not allowed now: {}", core::describe(*survey.forbidden)));
  print_field(context, "database",
              context.config().databases.empty() ? "none is configured" : databases_text(context.loaded));
}

std::vector<Hint> hints_of(const runner::Survey& survey, const Groups& groups) {
  std::vector<Hint> hints;
  const auto asked = std::find_if(groups.unknown.begin(), groups.unknown.end(),
                                  [](const Groups::Row& row) { return !row.below.empty(); });
  if (asked != groups.unknown.end())
    hints.push_back({fmt::format("fettle mark {} succeeded", core::command_word(asked->script)), "or failed, pending"});
  if (!survey.pending.empty()) {
    hints.push_back({"fettle plan", "what a run would do, and why"});
    if (!survey.forbidden) hints.push_back({"fettle run", "run what is pending"});
  }
  if (!survey.failed.empty()) {
    const runner::Failed& first = survey.failed.front();
    if (first.attempt) hints.push_back({fmt::format("fettle show {}", first.attempt->id), "why it failed, in full"});
    if (!survey.forbidden)
      hints.push_back(
          {fmt::format("fettle retry {}", core::command_word(first.script)), "run it again when it is mended"});
  }
  if (survey.pending.empty() && survey.failed.empty()) hints.push_back({"fettle new TITLE", "start a script"});
  return hints;
}

}  // namespace

int status_command(const Context& context) {
  const bool json = context.arguments.json;
  const bool names = context.arguments.talk == Talk::verbose;
  const runner::Survey survey =
      runner::survey(context.config(), json ? runner::Digests::of_all : runner::Digests::where_needed,
                     json || names ? runner::Fates::of_all : runner::Fates::at_a_glance);
  const Watcher watcher = watch::read_notice(context.config());
  const Groups groups = groups_of(survey, watcher);
  std::vector<std::string> pending;
  for (const runner::Pending& each : survey.pending) pending.push_back(each.script);
  const std::vector<runner::Mustered> fleet = ask_fleet(context.config(), pending);
  if (json) {
    context.print(status_json(survey, watcher, fleet, groups, names) + "\n");
  } else {
    print_groups(context, groups);
    print_ignored(context, survey.ignored, context.config().folders.scripts);
    for (const std::string& warning : survey.warnings) print_field(context, "warning:", warning);
    print_facts(context, survey, watcher, groups);
    print_fleet(context, fleet);
    print_hints(context, hints_of(survey, groups));
  }
  return context.arguments.exit_code && !survey.pending.empty() ? k_something_is_pending : 0;
}

}  // namespace cli

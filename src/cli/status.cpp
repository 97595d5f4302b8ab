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
#include "cli/words.hpp"
#include "core/script.hpp"
#include "runner/survey.hpp"
#include "watch/notice.hpp"

namespace cli {
namespace {

constexpr int k_something_is_pending = 3;

std::size_t rows_of(const Context& context, std::size_t count) {
  return context.arguments.talk == Talk::verbose ? count : std::min(count, k_most_rows);
}

void print_rest(const Context& context, std::size_t count) {
  if (count > rows_of(context, count))
    context.print(fmt::format("  … and {} more: -v shows all\n", count - rows_of(context, count)));
}

void print_heading(const Context& context, Colour colour, const std::string& count, const std::string& folder) {
  context.print(fmt::format("{} in {}/\n", context.style.paint(colour, count), base::escape(folder)));
}

using Watcher = std::optional<watch::Notice>;

std::string watcher_text(const Watcher& watcher) {
  if (!watcher) return "none: fettle watch runs scripts as they are dropped in";
  const std::string who = fmt::format("process {} since {}", watcher->pid, base::local_time(watcher->since));
  if (watcher->why.empty()) return who + ", told of every change";
  return fmt::format("{}, looks every {}: {}", who, base::format_duration(watcher->interval), watcher->why);
}

// Why a watcher does not run it now; empty: it does not wait.
std::string waiting_text(const Watcher& watcher, const std::string& script) {
  if (!watcher) return {};
  for (const watch::Notice::Script& each : watcher->waiting) {
    if (each.script != script) continue;
    return each.until ? fmt::format("waits until {}: {}", base::local_time(*each.until), each.reason)
                      : fmt::format("waits: {}", each.reason);
  }
  return {};
}

void print_pending(const Context& context, const std::vector<runner::Pending>& pending, const Watcher& watcher) {
  const std::string& folder = context.config().folders.scripts;
  if (pending.empty()) return print_heading(context, Colour::plain, "nothing pending", folder);
  print_heading(context, Colour::bold, fmt::format("{} pending", base::plural(pending.size(), "script")), folder);
  for (std::size_t index = 0; index < rows_of(context, pending.size()); ++index) {
    const runner::Pending& each = pending[index];
    std::string why = waiting_text(watcher, each.script);
    if (why.empty()) why = each.reason;
    print_pair(context, each.script,
               why.empty() ? std::string(core::name(each.state)) : fmt::format("{}: {}", core::name(each.state), why));
  }
  print_rest(context, pending.size());
}

std::string failure_of(const runner::Failed& failed) {
  if (!failed.attempt) return "the ledger knows nothing of it";
  return fmt::format("attempt {}, {}", failed.attempt->id, base::local_time(failed.attempt->finished));
}

void print_failed(const Context& context, const std::vector<runner::Failed>& failed) {
  if (failed.empty()) return;
  print_heading(context, Colour::red, fmt::format("{} failed", base::plural(failed.size(), "script")),
                context.config().folders.failed);
  for (std::size_t index = 0; index < rows_of(context, failed.size()); ++index) {
    const runner::Failed& each = failed[index];
    print_pair(context, each.script, failure_of(each));
    if (!each.attempt) continue;
    const core::Outcome& outcome = each.attempt->outcome;
    const std::string_view error =
        base::first_line(base::trim(outcome.error.empty() ? outcome.message : outcome.error));
    const std::string why = error.empty() ? std::string(cause_text(outcome.cause)) : base::escape(error);
    context.print(base::fit("      " + why, context.style.width) + "\n");
  }
  print_rest(context, failed.size());
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

void print_facts(const Context& context, const runner::Survey& survey, const Watcher& watcher) {
  context.print("\n");
  print_field(
      context, "done",
      fmt::format("{} in {}", base::plural(survey.succeeded, "script"), context.config().folders.succeeded + "/"));
  print_field(context, "last run", survey.last_run ? last_run_text(*survey.last_run) : "never");
  print_field(context, "lock", lock_text(survey.lock));
  print_field(context, "watcher", watcher_text(watcher));
  if (survey.forbidden)
    print_field(context, "guard", fmt::format("runs are not allowed now: {}", core::describe(*survey.forbidden)));
  print_field(context, "database",
              context.config().databases.empty() ? "none is configured" : databases_text(context.loaded));
}

std::vector<Hint> hints_of(const runner::Survey& survey) {
  std::vector<Hint> hints;
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
  const runner::Survey survey = runner::survey(
      context.config(), context.arguments.json ? runner::Digests::of_all : runner::Digests::where_needed);
  const Watcher watcher = watch::read_notice(context.config());
  std::vector<std::string> names;
  for (const runner::Pending& each : survey.pending) names.push_back(each.script);
  const std::vector<runner::Mustered> fleet = ask_fleet(context.config(), names);
  if (context.arguments.json) {
    context.print(status_json(survey, watcher, fleet) + "\n");
  } else {
    print_pending(context, survey.pending, watcher);
    print_failed(context, survey.failed);
    print_ignored(context, survey.ignored, context.config().folders.scripts);
    for (const std::string& warning : survey.warnings) print_field(context, "warning:", warning);
    print_facts(context, survey, watcher);
    print_fleet(context, fleet);
    print_hints(context, hints_of(survey));
  }
  return context.arguments.exit_code && !survey.pending.empty() ? k_something_is_pending : 0;
}

}  // namespace cli

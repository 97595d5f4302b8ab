#include "runner/rollback.hpp"

#include <array>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/run.hpp"
#include "runner/preview.hpp"

namespace cli {
namespace {

runner::RollbackRequest request_from(const Arguments& arguments) {
  runner::RollbackRequest request;
  request.scripts = arguments.words;
  request.run = arguments.run;
  request.since = arguments.since.value_or(base::Instant{});
  request.steps = arguments.steps;
  request.requeue = arguments.requeue;
  request.conflicts = arguments.skip_conflicts ? runner::Conflicts::skip : runner::Conflicts::refuse;
  request.by = arguments.by;
  request.reason = arguments.reason;
  request.command = arguments.command_line;
  request.hook_text = hook_json;
  return request;
}

void print_undoings(const Context& context, const std::vector<runner::Undoing>& all) {
  context.print(fmt::format("{} to roll back, in this order:\n", base::plural(all.size(), "script")));
  for (const runner::Undoing& each : all)
    print_pair(context, each.script,
               fmt::format("attempt {}, {}{}{}", each.attempt, base::local_time(each.applied),
                           each.description.empty() ? "" : ": ", each.description) +
                   (each.by_rows ? " (it has no rollback(): by the rows that it changed)" : ""));
}

int tell_nothing(const Context& context) {
  if (context.arguments.json)
    context.print(undoings_json({}, {}) + "\n");
  else
    context.print("Nothing to roll back: no script that fits is applied.\n");
  return 0;
}

int preview(const Context& context, const runner::RollbackRequest& request, const std::vector<runner::Undoing>& all) {
  if (!context.arguments.json) context.print("\n");
  Console console = console_of(context, Lasting::nothing);
  const runner::Preview preview = runner::preview_rollback(context.config(), request, console);
  if (context.arguments.json)
    context.print(undoings_json(all, preview.report) + "\n");
  else
    context.print("Everything was put back as it was: nothing was changed. Next: the same without --dry-run\n");
  return core::exit_code(preview.report);
}

}  // namespace

int rollback_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  runner::RollbackRequest request = request_from(arguments);
  const std::vector<runner::Undoing> all = runner::look_at_rollback(context.config(), request);
  if (all.empty()) return tell_nothing(context);
  for (const runner::Undoing& each : all) request.agreed.push_back(each.attempt);
  if (!arguments.json) print_undoings(context, all);
  if (arguments.dry_run) return preview(context, request, all);
  flush(context.out);
  if (!is_agreed(context, "Roll back?", "a rollback")) {
    context.print("Nothing was rolled back.\n");
    return 0;
  }
  if (!arguments.json) context.print("\n");
  Console console = console_of(context);
  const core::RunReport report = runner::roll_back(context.config(), request, console);
  if (arguments.json) context.print(run_json(report) + "\n");
  return core::exit_code(report);
}

}  // namespace cli

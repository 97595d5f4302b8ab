#include "runner/repair.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"

namespace cli {
namespace {

constexpr int k_waits_for_database = 6;

void tell(const Context& context, const runner::RepairReport& report) {
  const bool dry_run = context.arguments.dry_run;
  if (report.damage.empty()) return context.print("Nothing to repair: no run left anything half done.\n");
  for (const runner::Recovery& recovery : report.damage)
    context.print(fmt::format("{}{}\n", dry_run ? "would set right: " : "set right: ", runner::describe(recovery)));
  for (const std::string& script : report.held)
    context.print(fmt::format("{} waits until its database can be asked\n", base::escape(script)));
  if (dry_run) context.print("\nNothing was changed. next: fettle repair\n");
}

}  // namespace

int repair_command(const Context& context) {
  const runner::RepairReport report =
      runner::repair(context.config(), {context.arguments.by, context.arguments.reason},
                     context.arguments.dry_run ? runner::DryRun::yes : runner::DryRun::no);
  if (context.arguments.json)
    context.print(repair_json(report, context.arguments.dry_run) + "\n");
  else
    tell(context, report);
  return report.held.empty() ? 0 : k_waits_for_database;
}

}  // namespace cli

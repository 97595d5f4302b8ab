#include <algorithm>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "runner/preflight.hpp"

namespace cli {
namespace {

constexpr int k_found_a_fault = 7;

bool is_fault(const runner::Checked& checked) noexcept {
  return checked.outcome.kind != core::OutcomeKind::succeeded;
}

void print_checked(const Context& context, const runner::Checked& checked) {
  const bool fault = is_fault(checked);
  if (!fault && context.arguments.talk == Talk::quiet) return;
  const Style& style = context.style;
  const core::OutcomeKind kind = fault ? core::OutcomeKind::failed : core::OutcomeKind::succeeded;
  std::string text = base::escape(checked.script);
  if (fault)
    text += fmt::format("  {}", cause_text(checked.outcome.cause));
  else if (!checked.declaration.description.empty())
    text += fmt::format("  {}", base::escape(checked.declaration.description));
  const std::string symbol = style.symbol(kind);
  context.print(fmt::format("  {} {}\n", style.paint(colour_of(kind), symbol),
                            base::fit(text, style.width - 3 - base::display_width(symbol))));
  if (fault) print_error(context, checked.outcome);
  const std::string declared = declared_text(style, checked.declaration);
  if (!fault && !declared.empty())
    for (const std::string& line : paragraph(declared, style.width - 6))
      context.print(fmt::format("      {}\n", style.paint(Colour::dim, line)));
}

}  // namespace

int check_command(const Context& context) {
  const runner::CheckReport report = runner::check(context.config(), context.arguments.words);
  const auto faults = std::count_if(report.scripts.begin(), report.scripts.end(), is_fault);
  if (context.arguments.json) {
    context.print(check_json(report) + "\n");
    return faults == 0 ? 0 : k_found_a_fault;
  }
  for (const runner::Checked& checked : report.scripts) print_checked(context, checked);
  if (context.arguments.talk != Talk::quiet) print_ignored(context, report.ignored, context.config().folders.scripts);
  context.warn(report.warnings);
  if (report.scripts.empty())
    context.print(fmt::format("Nothing to check in {}.\n", base::escape(context.config().folders.scripts)));
  else
    context.print(fmt::format("{} checked, {}\n", base::plural(report.scripts.size(), "script"),
                              faults == 0 ? "no fault found" : fmt::format("{} with a fault", faults)));
  return faults == 0 ? 0 : k_found_a_fault;
}

}  // namespace cli

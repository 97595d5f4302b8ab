#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/run.hpp"
#include "runner/preflight.hpp"

namespace cli {
namespace {

core::OutcomeKind kind_of(runner::Forecast forecast) noexcept {
  switch (forecast) {
    case runner::Forecast::would_run:
      return core::OutcomeKind::succeeded;
    case runner::Forecast::would_skip:
      return core::OutcomeKind::skipped;
    case runner::Forecast::would_fail:
      return core::OutcomeKind::failed;
    case runner::Forecast::blocked:
      return core::OutcomeKind::blocked;
  }
  return core::OutcomeKind::blocked;
}

// A ✓ would say that it has happened.
std::string_view verb(runner::Forecast forecast) noexcept {
  switch (forecast) {
    case runner::Forecast::would_run:
      return "run ";
    case runner::Forecast::would_skip:
      return "skip";
    case runner::Forecast::would_fail:
      return "fail";
    case runner::Forecast::blocked:
      return "wait";
  }
  return "wait";
}

std::string remark(const runner::Planned& planned) {
  std::string text(core::name(planned.state));
  if (planned.reason.starts_with(text + " ")) return base::escape(planned.reason);  // "imported from knex: …"
  if (!planned.reason.empty())
    text += fmt::format(": {}", base::escape(planned.reason));
  else if (!planned.declaration.description.empty())
    text += fmt::format(": {}", base::escape(planned.declaration.description));
  return text;
}

void print_planned(const Context& context, const runner::Planned& planned) {
  const Style& style = context.style;
  const std::size_t room = style.width - 8;
  const std::size_t column = std::min<std::size_t>(33, room / 2);
  const std::string name = base::escape(planned.script);
  const std::string said = remark(planned);
  const std::size_t name_width = std::max(base::display_width(name), column);
  const bool beside = name_width + 2 + base::display_width(said) <= room;
  const std::string line = beside ? fmt::format("{}  {}", pad(name, column), said) : base::fit(name, room);
  context.print(
      fmt::format("  {}  {}\n", style.paint(colour_of(kind_of(planned.forecast)), verb(planned.forecast)), line));
  if (!beside)
    for (const std::string& each : paragraph(said, room)) context.print(fmt::format("        {}\n", each));
  const std::string declared = declared_text(style, planned.declaration);
  if (!declared.empty())
    for (const std::string& each : paragraph(declared, room))
      context.print(fmt::format("        {}\n", style.paint(Colour::dim, each)));
  for (const std::string& warning : planned.warnings)
    for (const std::string& each : paragraph("warning: " + warning, room))
      context.print(fmt::format("        {}\n", style.paint(Colour::yellow, each)));
  if (!planned.outcome.error.empty()) print_error(context, planned.outcome);
}

void print_plan(const Context& context, const runner::PlanReport& plan) {
  const std::string folder = base::escape(context.config().folders.scripts);
  if (plan.scripts.empty()) context.print(fmt::format("Nothing to do: no script is pending in {}.\n", folder));
  if (!plan.scripts.empty() && context.arguments.talk != Talk::quiet)
    context.print(context.style.paint(Colour::bold, base::fit(fmt::format("A run now would go through {} {} {}",
                                                                          base::plural(plan.scripts.size(), "script"),
                                                                          context.style.bullet(),
                                                                          base::escape(databases_text(context.loaded))),
                                                              context.style.width)) +
                  "\n\n");
  for (const runner::Planned& planned : plan.scripts) print_planned(context, planned);
  if (context.arguments.talk == Talk::quiet) return;
  print_ignored(context, plan.ignored, context.config().folders.scripts);
  if (plan.forbidden)
    print_forbidden(context, *plan.forbidden);
  else if (!plan.scripts.empty())
    print_hints(context, {{"fettle run", "do it"}});
}

}  // namespace

int plan_command(const Context& context) {
  const runner::PlanReport plan =
      runner::plan(context.config(), choice_from(context.arguments), context.arguments.script_arguments);
  if (context.arguments.json) {
    context.print(plan_json(plan) + "\n");
  } else {
    print_plan(context, plan);
    context.warn(plan.warnings);
    if (plan.target_unreachable)
      context.warn({"a database cannot be reached, so not every shouldRun() could be asked"});
  }
  return plan.target_unreachable ? base::exit_code(base::ErrorKind::target_unreachable) : 0;
}

}  // namespace cli

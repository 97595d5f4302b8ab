#include "ledger/history.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/fleet.hpp"
#include "cli/imported.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/recorded.hpp"

namespace cli {
namespace {

ledger::Filter filter_of(const Arguments& arguments, const std::optional<ledger::History>& history) {
  ledger::Filter filter;
  filter.outcome = arguments.outcome;
  filter.since = arguments.since;
  filter.until = arguments.up_to;
  filter.by = arguments.by;
  filter.run = arguments.run;
  filter.limit = arguments.limit;
  filter.before = arguments.before;
  filter.text = arguments.text;
  if (!arguments.script.empty() && history) filter.script = recorded_name(*history, arguments.script);
  return filter;
}

using History = std::optional<ledger::History>;

// Neither of these holds more than one attempt.
void print_csv(const Context& context, const History& history, const ledger::Filter& filter) {
  context.print(history_csv_header());
  if (history)
    history->each_attempt(filter, [&](const ledger::Attempt& attempt) { context.print(history_csv_row(attempt)); });
}

void print_json(const Context& context, const History& history, const ledger::Filter& filter) {
  bool any = false;
  const auto print = [&](const ledger::Attempt& attempt) {
    context.print((any ? ",\n" : "[\n") + history_json_row(attempt, history->changes(attempt.id)));
    any = true;
  };
  if (history) history->each_attempt(filter, print);
  context.print(any ? "\n]\n" : "[]\n");
}

bool asks_for_some(const ledger::Filter& filter) {
  return filter.outcome || filter.since || filter.until || filter.run != 0 || !filter.script.empty() ||
         !filter.by.empty() || !filter.text.empty();
}

// "2 succeeded, 1 failed"
std::string counts_of_preview(const core::Counts& counts) {
  const std::pair<std::uint64_t, core::OutcomeKind> all[] = {
      {counts.succeeded, core::OutcomeKind::succeeded},     {counts.skipped, core::OutcomeKind::skipped},
      {counts.failed, core::OutcomeKind::failed},           {counts.blocked, core::OutcomeKind::blocked},
      {counts.interrupted, core::OutcomeKind::interrupted}, {counts.unknown, core::OutcomeKind::unknown}};
  std::string text;
  for (const auto& [count, kind] : all)
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, core::name(kind));
  return text.empty() ? "no script" : text;
}

int print_previews(const Context& context) {
  const History history = ledger::History::open(context.config().path(context.config().ledger.path));
  const std::vector<ledger::Run> previews =
      history ? history->previews(context.arguments.limit) : std::vector<ledger::Run>();
  if (context.arguments.json) {
    context.print(runs_json(previews) + "\n");
    return 0;
  }
  if (previews.empty()) {
    context.print("Nothing was previewed yet. Next: fettle run --dry-run\n");
    return 0;
  }
  context.print(context.style.paint(Colour::dim, " run  started           by            found") + "\n");
  for (const ledger::Run& run : previews) {
    const std::string line = fmt::format("{:>4}  {}  {}  {}", run.id, base::local_time(run.started).substr(0, 16),
                                         pad(base::fit(base::escape(run.by), 12), 12), counts_of_preview(run.counts));
    context.print(base::fit(line, context.style.width) + "\n");
  }
  if (context.arguments.talk != Talk::quiet) context.say("What one of them found: fettle show --preview RUN\n");
  return 0;
}

}  // namespace

int history_command(const Context& context) {
  if (context.arguments.fleet) return fleet_history(context);
  if (context.arguments.previews) return print_previews(context);
  if (context.arguments.imported) return imported_history(context);
  const History history = ledger::History::open(context.config().path(context.config().ledger.path));
  const ledger::Filter filter = filter_of(context.arguments, history);
  if (context.arguments.csv || context.arguments.json) {
    (context.arguments.csv ? print_csv : print_json)(context, history, filter);
    return 0;
  }
  const std::vector<ledger::Attempt> attempts = history ? history->attempts(filter) : std::vector<ledger::Attempt>();
  if (attempts.empty()) {
    context.print(asks_for_some(filter) ? "No attempt fits.\n" : "No script was run yet. Next: fettle status\n");
    return 0;
  }
  print_attempts(context, attempts);
  if (filter.limit > 0 && attempts.size() == static_cast<std::size_t>(filter.limit) &&
      context.arguments.talk != Talk::quiet)
    context.say(asks_for_some(filter)
                    ? fmt::format("The newest {} that fit; all: the same with --limit 0\n", filter.limit)
                    : fmt::format("The newest {}; all: fettle history --limit 0\n", filter.limit));
  return 0;
}

}  // namespace cli

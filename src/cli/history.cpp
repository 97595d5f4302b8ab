#include "ledger/history.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/fleet.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/recorded.hpp"

namespace cli {
namespace {

ledger::Filter filter_of(const Arguments& arguments, const std::optional<ledger::History>& history) {
  ledger::Filter filter;
  filter.outcome = arguments.outcome;
  filter.run = arguments.run;
  filter.limit = arguments.limit;
  if (!arguments.script.empty() && history) filter.script = recorded_name(*history, arguments.script);
  return filter;
}

}  // namespace

int history_command(const Context& context) {
  if (context.arguments.fleet) return fleet_history(context);
  const auto history = ledger::History::open(context.config().path(context.config().ledger.path));
  const ledger::Filter filter = filter_of(context.arguments, history);
  const std::vector<ledger::Attempt> attempts = history ? history->attempts(filter) : std::vector<ledger::Attempt>();
  if (context.arguments.json) {
    context.print(history_json(attempts) + "\n");
    return 0;
  }
  if (attempts.empty()) {
    const bool any = filter.outcome || filter.run != 0 || !filter.script.empty();
    context.print(any ? "No attempt fits.\n" : "No script was run yet. Next: fettle status\n");
    return 0;
  }
  print_attempts(context, attempts);
  if (filter.limit > 0 && attempts.size() == static_cast<std::size_t>(filter.limit) &&
      context.arguments.talk != Talk::quiet)
    context.say(fmt::format("The newest {}; all: fettle history --limit 0\n", filter.limit));
  return 0;
}

}  // namespace cli

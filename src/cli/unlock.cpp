#include "runner/unlock.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"

namespace cli {

int unlock_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  const auto broken = runner::unlock(
      context.config(),
      {.force = arguments.force ? core::Force::yes : core::Force::no, .by = arguments.by, .reason = arguments.reason});
  if (arguments.json)
    context.print(unlocked_json(broken) + "\n");
  else if (broken)
    context.print(fmt::format(
        "Run {} of {} is declared dead; what it left half done is set right by the next run.\nnext: fettle run\n",
        broken->id, base::escape(broken->host)));
  else
    context.print("There is nothing to unlock: no run is going on, and a lock never outlives its processes.\n");
  return 0;
}

}  // namespace cli

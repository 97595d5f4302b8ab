#include <fmt/format.h>

#include "cli/commands.hpp"
#include "runner/survey.hpp"

namespace cli {

// The lock is the kernel's: it dies with the processes that hold it, so there is never a stale one to break.
int unlock_command(const Context& context) {
  const runner::Lock lock = runner::lock_state(context.config());
  if (!lock.held) {
    context.print("There is nothing to unlock: no run is going on, and a lock never outlives its processes.\n");
    return 0;
  }
  throw base::Error(
      base::ErrorKind::lock_held, fmt::format("the lock is held by {}", runner::describe(lock)),
      "Nothing was changed. The lock dies with its processes; it cannot be left behind.",
      fmt::format("Wait for it, or stop it: kill {}", lock.run ? fmt::format("{}", lock.run->pid) : "PID"));
}

}  // namespace cli

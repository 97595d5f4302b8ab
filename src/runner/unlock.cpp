#include "runner/unlock.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/run_lock.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

[[noreturn]] void refuse_held(const Lock& lock) {
  const bool here = lock.run && lock.run->host == os::host_name();
  throw base::Error(base::ErrorKind::lock_held, fmt::format("the lock is held by {}", describe(lock)),
                    "Nothing was changed. The lock dies with its processes; it cannot be left behind.",
                    lock.run
                        ? fmt::format("Wait for it, or stop it{}: kill {}",
                                      here ? "" : fmt::format(" on {}", base::escape(lock.run->host)), lock.run->pid)
                        : "Wait for it: fettle status");
}

[[noreturn]] void refuse_doubt(const Lock& lock) {
  throw base::Error(base::ErrorKind::lock_held,
                    fmt::format("{} has not ended; whether it lives cannot be seen from here", describe(lock)),
                    "Nothing was changed.",
                    fmt::format("Once you know that it is dead on {}: fettle unlock --force --reason TEXT",
                                base::escape(lock.run->host)));
}

ledger::Event event_of(const Lock& lock, const UnlockRequest& request) {
  ledger::Event event;
  event.verb = "unlock";
  event.by = request.by.empty() ? os::user_name() : request.by;
  event.host = os::host_name();
  event.reason = request.reason;
  event.detail = fmt::format("declared dead: {}", describe(lock));
  event.at = os::now();
  return event;
}

}  // namespace

std::optional<ledger::Run> unlock(const core::Config& config, const UnlockRequest& request) {
  const Lock before = lock_state(config);
  if (before.held) refuse_held(before);
  if (!before.in_doubt) return std::nullopt;
  if (request.force == core::Force::no) refuse_doubt(before);
  if (base::trim(request.reason).empty())
    throw base::Error(base::ErrorKind::usage, "to force the lock needs a reason", "Nothing was changed.",
                      "Add --reason TEXT: it is kept in the audit trail.");
  const os::Fd lock = force_run_lock(config);
  ledger::Ledger::open(config.path(config.ledger.path)).record(event_of(before, request));
  return before.run;
}

}  // namespace runner

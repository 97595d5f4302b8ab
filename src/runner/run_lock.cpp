#include "runner/run_lock.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/place.hpp"
#include "os/clock.hpp"
#include "os/lock.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

constexpr std::chrono::milliseconds k_pause{20};
constexpr std::chrono::milliseconds k_glance{60};
constexpr std::chrono::milliseconds k_for_watcher{600'000};
// Who only asks whether there is a run shares the lock for a moment: that is no run, and not waited for as one.
constexpr std::chrono::milliseconds k_for_those_who_ask{5000};

[[noreturn]] void refuse(const core::Config& config) {
  throw base::Error(
      base::ErrorKind::lock_held, fmt::format("another run is going on: {}", describe(lock_state(config))),
      "Nothing was run; the scripts stay pending.", "Wait for it (fettle run --wait 60), or look at it: fettle status");
}

void refuse_doubt(const core::Config& config) {
  Lock lock;
  lock.run = run_in_doubt(config);
  lock.in_doubt = lock.run.has_value();
  if (!lock.in_doubt) return;
  throw base::Error(
      base::ErrorKind::lock_held,
      fmt::format("{} has not ended, and this file system does not show the locks of another host", describe(lock)),
      "Nothing was run; the scripts stay pending.",
      fmt::format("Once you know that it is dead on {}: fettle unlock --force --reason TEXT",
                  base::escape(lock.run->host)));
}

bool is_of_watcher(const core::Config& config) {
  const Lock lock = lock_state(config);
  return lock.run && lock.run->trigger == "watch";
}

os::Fd wait_for_lock(const core::Config& config, std::optional<std::chrono::milliseconds> asked,
                     core::Observer* observer, core::Feed* feed) {
  const std::string folder = ledger::folder_of(config.path(config.ledger.path));
  ledger::make_folder(config.path(config.ledger.path));
  std::chrono::milliseconds wait = asked.value_or(std::chrono::milliseconds(0));
  os::Deadline deadline = os::Steady::now() + std::max(wait, k_glance);
  bool told = false;
  for (;;) {
    if (std::optional<os::Fd> lock = os::try_lock(folder)) return std::move(*lock);
    const bool is_run = os::is_locked(folder);
    if (feed != nullptr && feed->ended()) refuse(config);
    if (is_run && !asked && os::Steady::now() >= deadline && is_of_watcher(config)) {
      asked = wait = k_for_watcher;
      deadline = os::in(wait);
    }
    if (os::Steady::now() >= deadline + (is_run ? std::chrono::milliseconds(0) : k_for_those_who_ask)) refuse(config);
    if (!is_run) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    if (!told && wait > k_glance) {
      told = true;
      if (observer != nullptr)
        observer->waiting(
            fmt::format("waiting up to {} for {}", base::format_duration(wait), describe(lock_state(config))));
    }
    std::this_thread::sleep_for(std::min<os::Deadline::duration>(k_pause, deadline - os::Steady::now()));
  }
}

}  // namespace

os::Fd take_run_lock(const core::Config& config, std::optional<std::chrono::milliseconds> wait,
                     core::Observer* observer, core::Feed* feed) {
  os::Fd lock = wait_for_lock(config, wait, observer, feed);
  refuse_doubt(config);
  return lock;
}

os::Fd force_run_lock(const core::Config& config) {
  return wait_for_lock(config, std::chrono::milliseconds(0), nullptr, nullptr);
}

}  // namespace runner

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
constexpr std::chrono::milliseconds k_glance{60};  // who only asks whether there is a lock holds it for a moment

[[noreturn]] void refuse(const core::Config& config) {
  throw base::Error(
      base::ErrorKind::lock_held, fmt::format("another run is going on: {}", describe(lock_state(config))),
      "Nothing was run; the scripts stay pending.", "Wait for it (fettle run --wait 60), or look at it: fettle status");
}

}  // namespace

os::Fd take_run_lock(const core::Config& config, std::chrono::milliseconds wait, core::Observer* observer) {
  const std::string folder = ledger::folder_of(config.path(config.ledger.path));
  ledger::make_folder(config.path(config.ledger.path));
  const os::Deadline deadline = os::Steady::now() + std::max(wait, k_glance);
  bool told = false;
  for (;;) {
    if (std::optional<os::Fd> lock = os::try_lock(folder)) return std::move(*lock);
    if (os::Steady::now() >= deadline) refuse(config);
    if (!told && observer != nullptr && wait > k_glance)
      observer->waiting(
          fmt::format("waiting up to {} for {}", base::format_duration(wait), describe(lock_state(config))));
    told = true;
    std::this_thread::sleep_for(std::min<os::Deadline::duration>(k_pause, deadline - os::Steady::now()));
  }
}

}  // namespace runner

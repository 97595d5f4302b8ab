#include "runner/guards.hpp"

#include <cstdlib>

#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/clocks.hpp"
#include "runner/orders.hpp"

namespace runner {
namespace {

std::optional<std::string> variable(std::string_view name) {
  if (name.empty()) return std::nullopt;
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Those that the hours name; nullopt also where there are no hours.
std::optional<Clocks> clocks_of(const core::GuardConfig& guard) {
  const auto window = core::parse_window(guard.hours);
  auto zone = window ? os::ZoneData::find(window->zone) : std::nullopt;
  return zone ? std::optional<Clocks>(std::move(*zone)) : std::nullopt;
}

}  // namespace

std::optional<core::Forbidden> forbidden(const core::Config& config) {
  constexpr std::int64_t k_next_look = 5000;  // ms: nobody tells a watcher that runs are resumed
  if (const auto pause = Orders(config).find("pause"))
    return core::Forbidden{
        std::string(core::k_pause), describe(*pause), {}, base::Instant{os::now().milliseconds + k_next_look}};
  const std::optional<Clocks> clocks = clocks_of(config.guard);
  return core::forbidden(config.guard, {.host = os::host_name(),
                                        .variable = variable(core::variable_of(config.guard)),
                                        .now = os::now(),
                                        .zone = clocks ? &*clocks : nullptr});
}

core::Arrivals GuardedFeed::changes() {
  core::Arrivals changes = feed_.changes();
  const bool is_something = changes.all || !changes.names.empty();
  return is_something && forbidden(config_) ? core::Arrivals{} : changes;
}

}  // namespace runner

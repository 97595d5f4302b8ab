#include "runner/timing.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "core/schedule.hpp"
#include "os/zone.hpp"
#include "runner/clocks.hpp"

namespace runner {
namespace {

core::Outcome blocked_until(base::Instant until, std::string reason) {
  core::Outcome outcome = core::blocked(core::Cause::none, std::move(reason));
  outcome.until = until;
  return outcome;
}

core::Outcome wrong(const char* field, const std::string& text) {
  return core::failed(core::Cause::contract,
                      fmt::format("`{}` is \"{}\", which nobody can read", field, base::escape(text)));
}

}  // namespace

base::Instant local_instant(const core::PointInTime& point) {
  return core::instant_of(point, Clocks(*os::ZoneData::find("")));
}

std::optional<core::Outcome> not_yet(const core::Declaration& declaration, base::Instant now) {
  if (!declaration.not_before.empty()) {
    const auto point = core::parse_point(declaration.not_before);
    if (!point) return wrong("notBefore", declaration.not_before);
    const base::Instant at = local_instant(*point);
    if (now < at) return blocked_until(at, fmt::format("not before {}", base::escape(declaration.not_before)));
  }
  if (declaration.window.empty()) return std::nullopt;
  const auto window = core::parse_window(declaration.window);
  if (!window) return wrong("window", declaration.window);
  auto zone = os::ZoneData::find(window->zone);
  if (!zone)
    return core::failed(
        core::Cause::contract,
        fmt::format("`window` names the time zone {}, which this machine does not know", base::escape(window->zone)));
  const auto opens = core::next_opening(*window, now, Clocks(std::move(*zone)));
  if (!opens) return std::nullopt;
  return blocked_until(*opens, fmt::format("outside of its window {}", base::escape(declaration.window)));
}

}  // namespace runner

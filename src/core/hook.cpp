#include "core/hook.hpp"

#include <array>
#include <fmt/format.h>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::array<std::string_view, 3> k_hooks = {"before_run", "on_failure", "after_run"};
constexpr std::array<std::string_view, 5> k_ends = {"exited", "killed", "timeout", "stopped", "not_started"};
constexpr std::size_t k_first_line = 200;  // bytes of it

}  // namespace

std::string_view name(Hook hook) noexcept {
  return k_hooks[static_cast<std::size_t>(hook)];
}

std::string_view name(HookEnd end) noexcept {
  return k_ends[static_cast<std::size_t>(end)];
}

bool has_succeeded(const HookReport& hook) noexcept {
  return hook.end == HookEnd::exited && hook.code == 0;
}

std::string describe(const HookReport& hook) {
  const std::string time = base::format_duration(hook.duration);
  switch (hook.end) {
    case HookEnd::exited:
      return fmt::format("exit code {} in {}", hook.code, time);
    case HookEnd::killed:
      return fmt::format("ended by signal {} after {}", hook.code, time);
    case HookEnd::timed_out:
      return fmt::format("stopped at its time limit, after {}", time);
    case HookEnd::stopped:
      return fmt::format("stopped by a signal, after {}", time);
    case HookEnd::not_started:
      return fmt::format("it cannot be started: {}", hook.fault);
  }
  return "";
}

std::string summary(const HookReport& hook) {
  const std::string_view line = base::first_line(base::trim(hook.output));
  std::string text = describe(hook);
  if (!line.empty()) text += ": " + base::cap(line, k_first_line);
  return base::escape(text);
}

}  // namespace core

#include "core/sandbox_level.hpp"

#include <fmt/format.h>

namespace core {

std::string describe(const SandboxLevel& level) {
  std::string text;
  const auto add = [&text](const std::string& layer) { text += text.empty() ? layer : ", " + layer; };
  if (level.landlock_abi > 0) add(fmt::format("landlock {}", level.landlock_abi));
  if (level.seccomp) add("seccomp");
  if (level.no_new_privileges) add("no_new_privs");
  if (level.limits) add("limits");
  return text.empty() ? "none" : text;
}

bool satisfies(const SandboxLevel& level, SandboxMinimum minimum) noexcept {
  switch (minimum) {
    case SandboxMinimum::none:
      return true;
    case SandboxMinimum::seccomp:
      return level.seccomp && level.no_new_privileges;
    case SandboxMinimum::full:
      return level.seccomp && level.no_new_privileges && level.landlock_abi > 0;
  }
  return false;
}

std::string_view name(SandboxMinimum minimum) noexcept {
  switch (minimum) {
    case SandboxMinimum::none:
      return "none";
    case SandboxMinimum::seccomp:
      return "seccomp";
    case SandboxMinimum::full:
      return "full";
  }
  return "none";
}

}  // namespace core

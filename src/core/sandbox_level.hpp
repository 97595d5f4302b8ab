// Which lock-down layers were in force for a process, as the kernel reported them. Stored with every attempt.
#pragma once

#include <string>
#include <string_view>

#include "core/config.hpp"

namespace core {

struct SandboxLevel {
  int landlock_abi = 0;  // 0: the kernel offers none; safety.md 1.7 lists what each ABI adds
  bool seccomp = false;
  bool no_new_privileges = false;
  bool limits = false;  // rlimits

  bool operator==(const SandboxLevel&) const = default;
};

// "landlock 7, seccomp, limits"; "none" when nothing held.
std::string describe(const SandboxLevel& level);

// seccomp: system calls are filtered. full: that, and files and network are refused by Landlock too.
bool satisfies(const SandboxLevel& level, SandboxMinimum minimum) noexcept;

// "none", "seccomp", "full": as in config.toml.
std::string_view name(SandboxMinimum minimum) noexcept;

}  // namespace core

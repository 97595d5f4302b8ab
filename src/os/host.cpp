#include "os/host.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

namespace os {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("unknown");
}

std::string user_name() {
  const char* before_sudo = ::getuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  if (before_sudo != nullptr && *before_sudo != '\0') return before_sudo;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? std::string(entry->pw_name) : "uid " + std::to_string(::getuid());
}

bool is_root() noexcept {
  return ::geteuid() == 0;
}

bool process_exists(std::int64_t pid) noexcept {
  return pid > 0 && pid <= std::numeric_limits<pid_t>::max() &&
         (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

}  // namespace os

// What a service tells its manager (systemd's notification protocol: datagrams to the socket in NOTIFY_SOCKET). Says
// nothing where no manager asks for it. Lives in the watcher.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.hpp"

namespace os {

class ServiceManager {
 public:
  // Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child speaks for us.
  ServiceManager();

  // Lines "READY=1\nSTATUS=…". A manager that does not listen is not waited for.
  void tell(std::string_view lines) noexcept;
  void status(std::string_view text);  // one line, escaped here; told when it changed
  // How often it wants to hear WATCHDOG=1 at least; nullopt: not at all.
  std::optional<std::chrono::milliseconds> watchdog() const noexcept { return watchdog_; }

 private:
  Fd socket_;
  std::string address_;  // of the manager; a leading NUL for an abstract one
  std::string status_;
  std::optional<std::chrono::milliseconds> watchdog_;
};

// Microseconds of the monotonic clock, as RELOADING=1 wants them.
std::int64_t monotonic_microseconds() noexcept;

}  // namespace os

#include "os/process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.hpp"

namespace os {

Fd open_pidfd(std::int64_t pid) {
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
  if (!fd) base::throw_errno(base::ErrorKind::internal, "cannot hold a child process");
  return fd;
}

void kill_process(const Fd& pidfd) noexcept {
  if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
}

bool has_ended(const Fd& pidfd) noexcept {
  pollfd wait{pidfd.get(), POLLIN, 0};
  return ::poll(&wait, 1, 0) > 0;
}

}  // namespace os

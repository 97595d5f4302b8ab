#include "target/interrupter.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "os/lockdown.hpp"

namespace target {
namespace {

// It may talk to servers, open no file and start no program.
void lock_down() {
  const os::CallFilter filter(
      {"read",         "write",   "recvfrom",   "recvmsg",       "sendto",          "sendmsg",
       "socket",       "connect", "getsockopt", "setsockopt",    "getsockname",     "getpeername",
       "shutdown",     "poll",    "ppoll",      "fcntl",         "close",           "getpid",
       "gettid",       "getuid",  "geteuid",    "uname",         "rt_sigaction",    "rt_sigprocmask",
       "rt_sigreturn", "brk",     "mmap",       "munmap",        "mremap",          "madvise",
       "mprotect",     "futex",   "getrandom",  "clock_gettime", "restart_syscall", "exit_group"},
      os::CallFilter::Otherwise::refuse);
  os::set_limits({});
  os::forbid_new_privileges();
  os::restrict_files({}, os::Tcp::left);
#ifndef FETTLE_SANITIZED
  filter.install();
#endif
}

[[noreturn]] void serve(const os::Fd& channel, const std::vector<Interruption>& all) {
  std::uint32_t which = 0;
  while (::read(channel.get(), &which, sizeof which) == static_cast<ssize_t>(sizeof which))
    if (which < all.size() && all[which].act) all[which].act();
  ::_exit(0);
}

}  // namespace

Interrupter::Interrupter(const std::vector<Interruption>& all) {
  if (std::none_of(all.begin(), all.end(), [](const Interruption& each) { return static_cast<bool>(each.act); }))
    return;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    base::throw_errno(base::ErrorKind::internal, "cannot make a socket pair");
  os::Fd here(ends[0]);
  const os::Fd there(ends[1]);
  const pid_t broker = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) base::throw_errno(base::ErrorKind::internal, "cannot fork");
  if (pid == 0) {
    os::die_with_parent(broker);
    std::vector<int> kept = {0, 1, 2, there.get()};
    for (const Interruption& each : all)
      if (each.fd >= 0) kept.push_back(each.fd);
    os::close_all_but(kept);
    lock_down();
    serve(there, all);
  }
  channel_ = std::move(here);
}

void Interrupter::ask(std::size_t which) const noexcept {
  const auto number = static_cast<std::uint32_t>(which);
  ::send(channel_.get(), &number, sizeof number, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace target

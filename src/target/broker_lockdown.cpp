#include "target/broker_lockdown.hpp"

namespace target {

const os::CallFilter& call_filter_of_brokers() {
  // clang-format off
  static const os::CallFilter filter(
      {"read", "write", "pread64", "pwrite64", "fsync", "fdatasync", "ftruncate", "lseek", "fcntl", "close", "openat",
       "stat", "lstat", "fstat", "newfstatat", "access", "faccessat", "faccessat2", "readlink", "getcwd", "unlink",
       "unlinkat", "getpid", "getuid", "geteuid", "poll", "ppoll", "recvmsg", "sendmsg", "sendto",
       "recvfrom", "getsockopt", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait",  // of database clients
       "brk", "mmap", "munmap", "mremap", "madvise", "mprotect", "futex", "getrandom", "nanosleep", "clock_nanosleep",
       "clock_gettime", "rt_sigreturn", "restart_syscall", "exit_group",
#ifdef FETTLE_SANITIZED
       "sigaltstack", "pipe", "pipe2",
#endif
      },
      os::CallFilter::Otherwise::refuse);
  // clang-format on
  return filter;
}

core::SandboxLevel lock_down_broker(const std::vector<os::FileRule>& files, std::uint64_t memory) {
  const os::CallFilter& filter = call_filter_of_brokers();
  core::SandboxLevel level;
  level.limits = os::set_limits({.address_space = memory});
  level.no_new_privileges = os::forbid_new_privileges();
  level.landlock_abi = os::restrict_files(files);
  level.seccomp = filter.install();
  return level;
}

}  // namespace target

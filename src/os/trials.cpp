#include "os/trials.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/lockdown.hpp"
#include "os/signals.hpp"

namespace os {
namespace {

constexpr int k_held = 10, k_missing = 11, k_leaked = 12;  // how a child says what it saw
constexpr int k_patience = 5000;                           // milliseconds

template <class Body>
int status_of_child(Body body) noexcept {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return -1;
  if (child == 0) {
    die_with_parent(parent);
    reset_signals_in_helper();
    set_limits({});
    ::_exit(body());
  }
  int status = -1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

TrialResult told_by(int status) noexcept {
  if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == k_held) return TrialResult::held;
  if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == k_missing) return TrialResult::missing;
  return TrialResult::leaked;
}

}  // namespace

TrialResult try_call_filter() noexcept {
  const CallFilter filter({"read", "write", "exit_group"}, CallFilter::Otherwise::kill);
  const int status = status_of_child([&filter] {
    if (!forbid_new_privileges() || !filter.install()) return k_missing;
    ::syscall(SYS_getppid);
    return k_leaked;
  });
  if (status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return TrialResult::held;
  return told_by(status);
}

TrialResult try_file_rules() noexcept {
  return told_by(status_of_child([] {
    if (!forbid_new_privileges() || restrict_files({}) == 0) return k_missing;
    return ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 && errno == EACCES ? k_held : k_leaked;
  }));
}

TrialResult try_memory_limit() noexcept {
#ifdef FETTLE_SANITIZED  // the sanitizers reserve terabytes of address space, so that limit is never set
  return TrialResult::held;
#else
  constexpr std::size_t k_allowed = std::size_t{512} << 20U;
  return told_by(status_of_child([] {
    Limits limits;
    limits.address_space = k_allowed;
    if (!set_limits(limits)) return k_missing;
    void* const more = ::mmap(nullptr, 2 * k_allowed, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return more == MAP_FAILED && errno == ENOMEM ? k_held : k_leaked;
  }));
#endif
}

TrialResult try_no_new_privileges() noexcept {
  return told_by(status_of_child([] {
    if (!forbid_new_privileges()) return k_missing;
    const bool undone = ::prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
    return !undone && ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? k_held : k_leaked;
  }));
}

TrialResult try_closing_descriptors() noexcept {
  return told_by(status_of_child([] {
    constexpr int k_inherited = 200;
    if (::dup2(::open("/dev/null", O_RDONLY), k_inherited) != k_inherited) return k_missing;
    close_all_but({});
    return ::fcntl(k_inherited, F_GETFD) < 0 && errno == EBADF ? k_held : k_leaked;
  }));
}

TrialResult try_killing_by_descriptor() noexcept {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return TrialResult::leaked;
  if (child == 0) {
    die_with_parent(parent);
    for (;;) ::pause();
  }
  const Fd held(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd wait{held.get(), POLLIN, 0};
  const bool killed = held && ::syscall(SYS_pidfd_send_signal, held.get(), SIGKILL, nullptr, 0) == 0 &&
                      ::poll(&wait, 1, k_patience) > 0;
  if (!killed) ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (killed) return TrialResult::held;
  return held ? TrialResult::leaked : TrialResult::missing;
}

}  // namespace os

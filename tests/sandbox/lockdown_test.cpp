// A process that has taken its powers away as a worker or a broker does tries what a hostile script would want. The
// attempts are made by a role of the test's own, because no script comes near such a call.
#include "os/lockdown.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/channel.hpp"
#include "sandbox/zygote.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

using os::CallFilter;
using Try = std::function<long()>;  // a system call's result, errno set

constexpr std::chrono::seconds k_patience{30};

struct Fate {
  std::string told;  // the errno of each attempt, a letter each: how far it came
  int status = 0;
};

// What becomes of a locked-down process that makes these attempts one after the other. It writes the errno of each as a
// byte: 0 for one that succeeded.
Fate fate_of(CallFilter::Otherwise otherwise, const std::vector<Try>& attempts) {
  const auto role = [&](std::string_view, std::vector<os::Fd> descriptors) {
    const int channel = descriptors.at(0).get();
    const CallFilter filter({"brk", "mmap", "munmap", "mremap", "read", "write", "exit_group",
#ifdef FETTLE_SANITIZED
                             "sigaltstack"
#endif
                            },
                            otherwise);
    os::close_all_but({channel});
    os::set_limits({0, 0, false});
    os::forbid_new_privileges();
    os::restrict_files({});
    if (!filter.install()) ::_exit(9);
    for (const Try& attempt : attempts) {
      errno = 0;
      const long result = attempt();
      const char byte = static_cast<char>(result >= 0 ? 0 : errno);
      if (::write(channel, &byte, 1) != 1) ::_exit(8);
    }
    ::_exit(0);
  };
  sandbox::Zygote zygote({role, role, {}});
  auto [here, there] = os::Channel::pair();
  const sandbox::Child child = zygote.spawn(core::Role::worker, "", {there.fd()});
  there.close();
  const auto ended = zygote.wait(child, k_patience);
  REQUIRE(ended);
  std::array<char, 64> bytes{};
  const ssize_t got = ::read(here.fd(), bytes.data(), bytes.size());
  return {std::string(bytes.data(), static_cast<std::size_t>(got < 0 ? 0 : got)), ended->status};
}

std::vector<Try> forbidden() {
  return {[] { return ::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); },
          [] { return ::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); },
          [] { return ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); },
          [] { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); },
          [] { return ::syscall(SYS_execve, "/bin/true", nullptr, nullptr); },
          [] { return ::syscall(SYS_kill, 1, 0); },
          [] { return ::syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); },
          [] { return ::syscall(SYS_getpid); },
          [] { return ::syscall(SYS_prctl, 1, 0, 0, 0, 0); },
          [] { return ::syscall(SYS_unlink, "/tmp/x"); },
          [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); },
          [] { return ::syscall(SYS_mmap, nullptr, 4096, 7, 0x22, -1, 0); }};
}

}  // namespace

TEST_CASE("a forbidden call ends a worker at once, whichever it is") {
  for (std::size_t index = 0; index < forbidden().size(); ++index) {
    CAPTURE(index);
    const Fate fate = fate_of(CallFilter::Otherwise::kill, {[] { return 0; }, forbidden()[index]});
    CHECK(fate.told.size() == 1);
    REQUIRE(WIFSIGNALED(fate.status));
    CHECK(WTERMSIG(fate.status) == SIGSYS);
  }
}

TEST_CASE("where calls are refused instead, each is told EPERM and the process goes on") {
  const Fate fate = fate_of(CallFilter::Otherwise::refuse, forbidden());
  CHECK(fate.status == 0);
  CHECK(fate.told == std::string(forbidden().size(), static_cast<char>(EPERM)));
}

TEST_CASE("memory can still be had, but none that can be executed") {
  const Fate fate = fate_of(CallFilter::Otherwise::refuse,
                            {[] { return ::syscall(SYS_mmap, nullptr, 4096, 3, 0x22, -1, 0) > 0 ? 0L : -1L; },
                             [] { return ::syscall(SYS_mmap, nullptr, 4096, 5, 0x22, -1, 0); }});
  CHECK(fate.status == 0);
  CHECK(fate.told == std::string({'\0', static_cast<char>(EPERM)}));
}

TEST_CASE("without the call filter the other layers still hold: files, processes, outsiders") {
  if (os::landlock_version() == 0) return support::skip("this kernel has no Landlock");
  support::Scratch scratch;
  scratch.write("secret", "x");
  const std::string path = scratch.path("secret");
  const std::string fresh = scratch.path("fresh");
  const auto role = [&](std::string_view, std::vector<os::Fd> descriptors) {
    const int channel = descriptors.at(0).get();
    os::close_all_but({channel});
    os::set_limits({0, 0, false});
    os::forbid_new_privileges();
    os::restrict_files({});
    const auto failed = [](int result) { return result < 0 ? 'n' : 'y'; };
    const std::array<char, 5> told = {
        failed(::open(path.c_str(), O_RDONLY)), failed(::open(path.c_str(), O_WRONLY)),
        failed(::open(fresh.c_str(), O_WRONLY | O_CREAT, 0600)), failed(::unlink(path.c_str())),
        ::fcntl(0, F_GETFD) < 0 && ::fcntl(1, F_GETFD) < 0 && ::fcntl(2, F_GETFD) < 0 ? 'n' : 'y'};
    ::_exit(::write(channel, told.data(), told.size()) == static_cast<ssize_t>(told.size()) ? 0 : 1);
  };
  sandbox::Zygote zygote({role, role, {}});
  auto [here, there] = os::Channel::pair();
  const sandbox::Child child = zygote.spawn(core::Role::broker, "", {there.fd()});
  there.close();
  const auto ended = zygote.wait(child, k_patience);
  REQUIRE(ended);
  CHECK(ended->status == 0);
  std::array<char, 5> told{};
  REQUIRE(::read(here.fd(), told.data(), told.size()) == 5);
  CHECK(std::string(told.data(), told.size()) == "nnnnn");
  CHECK(scratch.read("secret") == "x");
  CHECK_FALSE(scratch.exists("fresh"));
}

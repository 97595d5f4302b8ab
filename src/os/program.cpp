#include "os/program.hpp"

#include <cerrno>
#include <csignal>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "os/process.hpp"

namespace os {
namespace {

struct Actions {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  Actions() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  ~Actions() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

}  // namespace

Program start_program(const std::string& path, const std::vector<std::string>& arguments) {
  auto [here, there] = Channel::pair();
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  Actions actions;
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&actions.attributes, &none);
  ::posix_spawnattr_setpgroup(&actions.attributes, 0);
  ::posix_spawnattr_setflags(&actions.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  // Onto itself, where it lies there already: that, too, takes the mark away which would close it.
  ::posix_spawn_file_actions_adddup2(&actions.files, there.fd(), k_program_channel);
  pid_t pid = 0;
  const int fault = ::posix_spawn(&pid, path.c_str(), &actions.files, &actions.attributes, words.data(), ::environ);
  if (fault != 0) {
    errno = fault;
    base::throw_errno(base::ErrorKind::internal, "cannot start fettle run");
  }
  Program program{pid, open_pidfd(pid), std::move(here)};
  program.channel.set_nonblocking();
  return program;
}

void signal_program(const Program& program, int signal) noexcept {
  if (program.pidfd) ::syscall(SYS_pidfd_send_signal, program.pidfd.get(), signal, nullptr, 0);
}

int reap(const Program& program) noexcept {
  int status = 0;
  while (::waitpid(static_cast<pid_t>(program.pid), &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace os

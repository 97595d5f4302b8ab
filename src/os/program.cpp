#include "os/program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "os/process.hpp"
#include "os/spawn.hpp"

namespace os {
namespace {

// Out of the way of the places that they are to take.
Fd above_places(const Fd& fd) {
  Fd above = above_streams(fd, k_program_text);
  if (!above) base::throw_errno(base::ErrorKind::internal, "cannot hand anything to a child");
  return above;
}

}  // namespace

Program start_program(const std::string& path, const std::vector<std::string>& arguments, std::string_view text) {
  auto [here, there] = Channel::pair();
  SpawnActions actions;
  ::posix_spawnattr_setpgroup(&actions.attributes, 0);
  actions.block_no_signal(POSIX_SPAWN_SETPGROUP);
  const Fd channel = above_places(there.take());
  const Fd handed = above_places(file_with(text));
  ::posix_spawn_file_actions_adddup2(&actions.files, channel.get(), k_program_channel);
  ::posix_spawn_file_actions_adddup2(&actions.files, handed.get(), k_program_text);
  pid_t pid = 0;
  const int fault =
      ::posix_spawn(&pid, path.c_str(), &actions.files, &actions.attributes, pointers(arguments).data(), ::environ);
  if (fault != 0) {
    errno = fault;
    base::throw_errno(base::ErrorKind::internal, "cannot start fettle run");
  }
  Program program{pid, {}, std::move(here)};
  try {
    program.pidfd = open_pidfd(pid);
    program.channel.set_nonblocking();
  } catch (const base::Error&) {
    ::kill(pid, SIGKILL);
    reap(program);
    throw;
  }
  return program;
}

std::string handed_text(int descriptor) {
  const Fd file(descriptor);
  std::string text;
  std::array<char, 4096> part{};
  ssize_t got = 0;
  while ((got = ::pread(file.get(), part.data(), part.size(), static_cast<off_t>(text.size()))) > 0)
    text.append(part.data(), static_cast<std::size_t>(got));
  if (got < 0) base::throw_errno(base::ErrorKind::internal, "cannot read what was handed over");
  return text;
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

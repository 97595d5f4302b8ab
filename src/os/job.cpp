#include "os/job.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "os/process.hpp"
#include "os/spawn.hpp"

namespace os {
namespace {

constexpr std::size_t k_most_read = 1024 * 1024;  // of one stream at once

// Written at the end, whoever else reads it meanwhile.
Fd kept(const char* name) {
  Fd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file || ::fcntl(file.get(), F_SETFL, O_APPEND) != 0)
    base::throw_errno(base::ErrorKind::internal, "cannot keep what a command prints");
  return file;
}

std::string read_from(const Fd& file, std::uint64_t from) {
  std::string text;
  std::array<char, 16 * 1024> part{};
  while (text.size() < k_most_read) {
    const ssize_t got = ::pread(file.get(), part.data(), part.size(), static_cast<off_t>(from + text.size()));
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

Job::Job(const std::string& path, const std::vector<std::string>& arguments, std::string_view input)
    : out_(kept("out")), err_(kept("err")) {
  const Fd in = file_with(input);
  if (!in) base::throw_errno(base::ErrorKind::internal, "cannot keep what a command is given");
  SpawnActions actions;
  actions.block_and_ignore_no_signal(POSIX_SPAWN_SETSID);
  ::posix_spawn_file_actions_adddup2(&actions.files, in.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions.files, out_.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions.files, err_.get(), STDERR_FILENO);
  pid_t pid = 0;
  const int fault =
      ::posix_spawn(&pid, path.c_str(), &actions.files, &actions.attributes, pointers(arguments).data(), ::environ);
  if (fault != 0) {
    errno = fault;
    base::throw_errno(base::ErrorKind::internal, "cannot start " + path);
  }
  pid_ = pid;
  pidfd_ = open_pidfd(pid_);
}

std::optional<int> Job::exit_code() {
  int status = 0;
  if (!exit_code_ && ::waitpid(static_cast<pid_t>(pid_), &status, WNOHANG) == static_cast<pid_t>(pid_))
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

std::string Job::output(std::uint64_t from) const {
  return read_from(out_, from);
}

std::string Job::talk(std::uint64_t from) const {
  return read_from(err_, from);
}

}  // namespace os

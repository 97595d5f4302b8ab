#include "support/child.hpp"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <exception>
#include <fcntl.h>
#include <grp.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {
namespace {

constexpr uid_t k_nobody = 65534;

int answer_of(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

[[noreturn]] void leave_with(const std::function<int()>& body) {
  int answer = 0;
  try {
    answer = body();
  } catch (const std::exception& fault) {
    ::dprintf(STDERR_FILENO, "the child threw: %s\n", fault.what());
    answer = 125;
  }
  ::_exit(answer);
}

bool become_nobody() noexcept {
  return ::setgroups(0, nullptr) == 0 && ::setresgid(k_nobody, k_nobody, k_nobody) == 0 &&
         ::setresuid(k_nobody, k_nobody, k_nobody) == 0;
}

}  // namespace

int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) leave_with(body);
  return answer_of(child);
}

int as_nobody(const std::function<int()>& body) {
  return in_child([&body] { return become_nobody() ? body() : 126; });
}

OpenWriter::OpenWriter(const std::string& path) {
  std::array<int, 2> ready{};
  REQUIRE(::pipe2(ready.data(), O_CLOEXEC) == 0);
  child_ = ::fork();
  REQUIRE(child_ >= 0);
  if (child_ == 0) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const char answer = fd >= 0 ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char answer = 0;
  const ssize_t got = ::read(ready[0], &answer, 1);
  ::close(ready[0]);
  ::close(ready[1]);
  REQUIRE(got == 1);
  REQUIRE(answer == 'y');
}

OpenWriter::~OpenWriter() {
  close();
}

void OpenWriter::close() {
  if (child_ < 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  child_ = -1;
}

TinyDisk::TinyDisk(const std::string& path, std::size_t size) : path_(path) {
  ::mkdir(path.c_str(), 0755);
  const std::string options = "size=" + std::to_string(size);
  mounted_ = ::mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

TinyDisk::~TinyDisk() {
  if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
}

}  // namespace support

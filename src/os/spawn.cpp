#include "os/spawn.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace os {

SpawnActions::SpawnActions() {
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
}

SpawnActions::~SpawnActions() {
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
}

void SpawnActions::block_no_signal(short flags) {
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags | POSIX_SPAWN_SETSIGMASK));
}

void SpawnActions::block_and_ignore_no_signal(short flags) {
  sigset_t all;
  sigfillset(&all);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  block_no_signal(static_cast<short>(flags | POSIX_SPAWN_SETSIGDEF));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

Fd file_with(std::string_view text) noexcept {
  Fd file(::memfd_create("stdin", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  while (file && !text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return {};
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file && ::lseek(file.get(), 0, SEEK_SET) != 0) return {};
  if (file) ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
  return file;
}

Fd above_streams(const Fd& fd, int above) noexcept {
  return Fd(fd ? ::fcntl(fd.get(), F_DUPFD_CLOEXEC, above + 1) : -1);
}

}  // namespace os

#include "os/fd.hpp"

#include <cerrno>
#include <unistd.h>

namespace os {

void Fd::reset(int fd) noexcept {
  if (fd_ >= 0) {
    const int saved = errno;
    ::close(fd_);
    errno = saved;
  }
  fd_ = fd;
}

}  // namespace os

#include "os/lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/disk.hpp"

namespace os {

std::optional<Fd> try_lock(const std::string& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) base::throw_errno(base::ErrorKind::io, "cannot open the folder of the run lock, " + base::escape(directory));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) return std::nullopt;
  base::throw_errno(base::ErrorKind::io, "cannot lock " + base::escape(directory));
}

// A shared lock that is given back at once: two who only ask never see each other.
bool is_locked(const std::string& directory) {
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return false;
  return ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

LockReach lock_reach(const std::string& directory) {
  const std::optional<Disk> disk = disk_under(directory);
  return disk && disk->keeps != Keeps::by_others ? LockReach::every_host : LockReach::this_host;
}

}  // namespace os

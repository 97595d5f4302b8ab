#include "os/lock.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <initializer_list>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/error.hpp"
#include "base/text.hpp"

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

namespace {

// f_type of statfs(2), from linux/magic.h and the file systems' own headers.
constexpr long k_fuse = 0x65735546, k_9p = 0x01021997, k_nfs = 0x6969;
constexpr long k_cifs = static_cast<long>(0xFF534D42U), k_smb2 = static_cast<long>(0xFE534D42U);

// The line of /proc/self/mountinfo for the mount that holds this directory.
std::string mount_line(int directory) {
  struct statx facts {};
  if (::statx(directory, "", AT_EMPTY_PATH, STATX_MNT_ID, &facts) != 0) return {};
  const std::string wanted = std::to_string(facts.stx_mnt_id) + " ";
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);)
    if (line.starts_with(wanted)) return line;
  return {};
}

bool is_mounted_with(int directory, std::initializer_list<std::string_view> options) {
  const std::string line = mount_line(directory);
  return std::any_of(options.begin(), options.end(),
                     [&](std::string_view option) { return line.find(option) != std::string::npos; });
}

}  // namespace

LockReach lock_reach(const std::string& directory) {
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct statfs facts {};
  if (!fd || ::fstatfs(fd.get(), &facts) != 0) return LockReach::every_host;
  const long type = facts.f_type;
  const bool own_only =
      type == k_fuse || type == k_9p ||
      (type == k_nfs && is_mounted_with(fd.get(), {"local_lock=all", "local_lock=flock", "nolock"})) ||
      ((type == k_cifs || type == k_smb2) && is_mounted_with(fd.get(), {"nobrl"}));
  return own_only ? LockReach::this_host : LockReach::every_host;
}

}  // namespace os

#include "folder/reader.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "folder/names.hpp"
#include "os/clock.hpp"

namespace folder {
namespace {

const char* const k_still_written = "still being written";
const char* const k_not_readable = "not readable";

enum class Writers { none, some, cannot_tell };

// Granted only while nobody has the file open for writing. Given back at once: a writer that comes would wait for it.
Writers writers_of(int fd) noexcept {
  if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(fd, F_SETLEASE, F_UNLCK);
    return Writers::none;
  }
  return errno == EAGAIN ? Writers::some : Writers::cannot_tell;
}

std::int64_t milliseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

// A modification time may be set to any value, also to one in the future: then only the change time counts.
bool is_settled(const struct stat& status, std::chrono::milliseconds settle) noexcept {
  const std::int64_t now = os::now().milliseconds;
  const std::int64_t modified = milliseconds(status.st_mtim);
  const std::int64_t newest = std::max(milliseconds(status.st_ctim), modified > now ? 0 : modified);
  return now - newest >= settle.count();
}

// Empty: nobody is writing, as far as can be told.
std::string refusal_by_writers(int fd, const struct stat& status, std::chrono::milliseconds settle) {
  switch (writers_of(fd)) {
    case Writers::none:
      return {};
    case Writers::some:
      return k_still_written;
    case Writers::cannot_tell:
      break;
  }
  if (is_settled(status, settle)) return {};
  return fmt::format("changed less than {} ago, may still be being written", base::format_duration(settle));
}

bool same_time(const timespec& left, const timespec& right) noexcept {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

bool same_file(const struct stat& left, const struct stat& right) noexcept {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

bool unchanged(const struct stat& before, const struct stat& after) noexcept {
  return same_file(before, after) && before.st_size == after.st_size && same_time(before.st_ctim, after.st_ctim) &&
         same_time(before.st_mtim, after.st_mtim);
}

[[noreturn]] void throw_unreadable(const std::string& name) {
  base::throw_errno(base::ErrorKind::io, "cannot read " + base::escape(name), "The script was not run.",
                    "Look at the disk and at the limits of this account, then run again.");
}

struct stat status_of(int fd, const std::string& name) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_unreadable(name);
  return status;
}

// Opens for reading the very file that `path_fd` names. Where no /proc is mounted, by name: the caller compares.
int reopen(int path_fd, int directory, const std::string& name) noexcept {
  const int fd = ::open(fmt::format("/proc/self/fd/{}", path_fd).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd >= 0 || errno != ENOENT) return fd;
  return ::openat(directory, name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
}

// At most one byte more than `limit`, which shows that the file has grown.
std::string read_bytes(int fd, std::size_t limit, const std::string& name) {
  std::string bytes(limit + 1, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_unreadable(name);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

struct Opened {
  os::Fd fd;
  struct stat status {};
};

// The file, open for reading, or why it is none that can be read. A pipe or device is never opened for reading.
std::variant<Opened, NotNow, Vanished> open_script(int directory, const std::string& name, std::uint64_t max_size) {
  const os::Fd path(::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!path) {
    if (errno == ENOENT || errno == ENAMETOOLONG) return Vanished{};
    if (errno == EACCES) return NotNow{k_not_readable};
    throw_unreadable(name);
  }
  const struct stat named = status_of(path.get(), name);
  if (std::string reason = refusal_by_status(named, max_size); !reason.empty()) return NotNow{std::move(reason)};
  Opened opened{os::Fd(reopen(path.get(), directory, name)), {}};
  if (!opened.fd) {
    if (errno == ENOENT) return Vanished{};
    if (errno == EACCES || errno == EPERM) return NotNow{k_not_readable};
    if (errno == EWOULDBLOCK || errno == ELOOP || errno == ETXTBSY) return NotNow{k_still_written};
    throw_unreadable(name);
  }
  opened.status = status_of(opened.fd.get(), name);
  if (!unchanged(named, opened.status)) return NotNow{k_still_written};
  return opened;
}

// The same, and nobody is writing it.
std::variant<Opened, NotNow, Vanished> open_unwritten(int directory, const std::string& name,
                                                      const ReadLimits& limits) {
  if (!is_plain_name(name)) return Vanished{};
  if (const std::string_view reason = refusal_by_name(name); !reason.empty()) return NotNow{std::string(reason)};
  auto attempt = open_script(directory, name, limits.max_size);
  const Opened* const opened = std::get_if<Opened>(&attempt);
  if (opened == nullptr) return attempt;
  std::string reason = refusal_by_writers(opened->fd.get(), opened->status, limits.settle);
  if (!reason.empty()) return NotNow{std::move(reason)};
  return attempt;
}

enum class After { same, changed, replaced, gone };

// What the name leads to once the file was read.
After look_again(int directory, const std::string& name, const Opened& opened) {
  struct stat now {};
  if (::fstatat(directory, name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) return After::gone;
  if (!same_file(now, opened.status)) return After::replaced;
  return unchanged(opened.status, now) ? After::same : After::changed;
}

}  // namespace

core::FileStamp stamp_of(const struct stat& status) noexcept {
  return {status.st_dev, status.st_ino, status.st_size,
          std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
}

std::string refusal_by_status(const struct stat& status, std::uint64_t max_size) {
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
      break;
    case S_IFLNK:
      return "symbolic link";
    case S_IFDIR:
      return "directory";
    case S_IFIFO:
      return "named pipe (FIFO)";
    case S_IFSOCK:
      return "socket";
    default:
      return "device";
  }
  if (static_cast<std::uint64_t>(status.st_size) <= max_size) return {};
  return fmt::format("larger than {} ([run] max_script_size)", base::format_size(max_size));
}

ReadResult read_script(int directory, const std::string& name, const ReadLimits& limits) {
  auto attempt = open_unwritten(directory, name, limits);
  if (std::holds_alternative<NotNow>(attempt)) return std::get<NotNow>(std::move(attempt));
  if (std::holds_alternative<Vanished>(attempt)) return Vanished{};
  const Opened& opened = std::get<Opened>(attempt);
  const auto size = static_cast<std::size_t>(opened.status.st_size);
  std::string text = read_bytes(opened.fd.get(), size, name);
  if (text.size() != size) return NotNow{k_still_written};
  std::string reason = refusal_by_writers(opened.fd.get(), opened.status, limits.settle);
  if (!reason.empty()) return NotNow{std::move(reason)};
  switch (look_again(directory, name, opened)) {
    case After::same:
      break;
    case After::changed:
      return NotNow{k_still_written};
    case After::replaced:
      return NotNow{"replaced while it was read"};
    case After::gone:
      return Vanished{};
  }
  std::string sha256 = base::sha256_hex(text);
  return Loaded{{name, std::move(sha256), std::move(text)}, stamp_of(opened.status)};
}

std::variant<core::FileStamp, NotNow, Vanished> probe_script(int directory, const std::string& name,
                                                             const ReadLimits& limits) {
  auto attempt = open_unwritten(directory, name, limits);
  if (std::holds_alternative<NotNow>(attempt)) return std::get<NotNow>(std::move(attempt));
  if (std::holds_alternative<Vanished>(attempt)) return Vanished{};
  return stamp_of(std::get<Opened>(attempt).status);
}

}  // namespace folder

#include "cli/new_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/fd.hpp"

namespace cli {
namespace {

constexpr std::string_view k_state = "Nothing was overwritten.";
constexpr std::size_t k_largest_file = std::size_t{1} << 20U;

[[noreturn]] void refuse(const char* verb, const std::string& path) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot {} {}", verb, base::escape(path)), std::string(k_state),
                    "Check the rights of the folder and the space on the disk.");
}

bool is_folder(const std::string& path) noexcept {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

int write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

enum class Sync { no, yes };

int make(const std::string& path, std::string_view text, Sync sync) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) return errno;
  int fault = write_all(fd.get(), text);
  if (fault == 0 && sync == Sync::yes && ::fsync(fd.get()) != 0) fault = errno;
  if (fault != 0) (void)::unlink(path.c_str());
  return fault;
}

}  // namespace

int try_make_file(const std::string& path, std::string_view text) {
  return make(path, text, Sync::no);
}

int try_make_whole_file(const std::string& path, std::string_view text) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0) return EEXIST;
  const std::string beside = fmt::format("{}.{}", path, ::getpid());
  (void)::unlink(beside.c_str());  // of a process that had this number and died
  if (const int fault = make(beside, text, Sync::yes); fault != 0) return fault;
  if (::renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return 0;
  int fault = errno;
  if (fault == EINVAL || fault == ENOSYS) fault = ::link(beside.c_str(), path.c_str()) == 0 ? 0 : errno;
  (void)::unlink(beside.c_str());
  return fault;
}

int try_replace_file(const std::string& path, std::string_view text) {
  const std::string beside = fmt::format("{}.{}", path, ::getpid());
  (void)::unlink(beside.c_str());  // of a process that had this number and died
  if (const int fault = try_make_file(beside, text); fault != 0) return fault;
  if (::rename(beside.c_str(), path.c_str()) == 0) return 0;
  const int fault = errno;
  (void)::unlink(beside.c_str());
  return fault;
}

std::optional<std::string> read_small_file(const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  std::string text;
  std::array<char, 16384> piece{};
  ssize_t count = 0;
  while ((count = ::read(fd.get(), piece.data(), piece.size())) > 0 && text.size() <= k_largest_file)
    text.append(piece.data(), static_cast<std::size_t>(count));
  if (count < 0 || text.size() > k_largest_file) return std::nullopt;
  return text;
}

Made make_file(const std::string& path, std::string_view text) {
  const int fault = try_make_file(path, text);
  if (fault == EEXIST) return Made::kept;
  errno = fault;
  if (fault != 0) refuse("write", path);
  return Made::created;
}

Made make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return Made::created;
  if (errno == EEXIST && is_folder(path)) return Made::kept;
  const std::size_t slash = path.rfind('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0) refuse("create the folder", path);
  (void)make_folder(path.substr(0, slash));
  if (::mkdir(path.c_str(), 0777) != 0) refuse("create the folder", path);
  return Made::created;
}

}  // namespace cli

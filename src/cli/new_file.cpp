#include "cli/new_file.hpp"

#include <cerrno>
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

[[noreturn]] void refuse(const char* verb, const std::string& path) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot {} {}", verb, base::escape(path)), std::string(k_state),
                    "Check the rights of the folder and the space on the disk.");
}

bool is_folder(const std::string& path) noexcept {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

}  // namespace

Made make_file(const std::string& path, std::string_view text) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd && errno == EEXIST) return Made::kept;
  if (!fd) refuse("create", path);
  while (!text.empty()) {
    const ssize_t count = ::write(fd.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int reason = errno;
      (void)::unlink(path.c_str());
      errno = reason;
      refuse("write", path);
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
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

#include "folder/data.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace folder {
namespace {

constexpr std::size_t k_part = std::size_t{256} << 10U;
constexpr std::size_t k_most_files = 256;  // open at a time, of one attempt

std::int64_t changed_at(const struct stat& facts) noexcept {
  return static_cast<std::int64_t>(facts.st_ctim.tv_sec) * 1'000'000'000 + facts.st_ctim.tv_nsec;
}

// Never beyond the folder. A kernel that cannot promise it opens names without a slash only.
int open_below(int folder, const std::string& name) noexcept {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
  if (fd >= 0 || errno != ENOSYS) return static_cast<int>(fd);
  if (name.find('/') != std::string::npos) {
    errno = EXDEV;
    return -1;
  }
  return ::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
}

std::string explain(int code) {
  if (code == EXDEV || code == ELOOP) return "it would lead out of the folder, or over a symbolic link";
  return std::strerror(code);
}

// Why its first `size` bytes cannot be read; empty: they were.
std::string hash(int fd, off_t size, const std::function<bool()>& goes_on, std::string& sha256) {
  base::Sha256 digest;
  std::string part(k_part, '\0');
  off_t offset = 0;
  while (offset < size) {
    if (!goes_on()) return "the time for it is up, or the run is being stopped";
    const ssize_t got = ::pread(fd, part.data(), part.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::strerror(errno);
    if (got == 0) break;
    digest.add(std::string_view(part).substr(0, static_cast<std::size_t>(got)));
    offset += got;
  }
  sha256 = digest.hex();
  return {};
}

}  // namespace

// Why it cannot be read; empty: it is open.
std::string DataFiles::open(const std::string& name, const std::function<bool()>& goes_on, File& file) {
  if (name.empty() || name.find('\0') != std::string::npos) return "this is no name of a file";
  const os::Fd folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder)
    return fmt::format("the folder of data files {} cannot be opened: {} ([folders] data)", base::escape(configured_),
                       std::strerror(errno));
  file.fd.reset(open_below(folder.get(), name));
  struct stat facts {};
  if (!file.fd || ::fstat(file.fd.get(), &facts) != 0) return explain(errno);
  if (!S_ISREG(facts.st_mode)) return "it is no regular file";
  if (std::string fault = hash(file.fd.get(), facts.st_size, goes_on, file.sha256); !fault.empty()) return fault;
  file.size = facts.st_size;
  file.changed = changed_at(facts);
  return {};
}

DataFiles::Part DataFiles::read(const std::string& name, std::int64_t offset, const std::function<bool()>& goes_on) {
  const std::string shown = fmt::format("{}/{}", base::escape(configured_), base::escape(base::cap(name, 255)));
  auto found = files_.find(name);
  if (found == files_.end()) {
    if (files_.size() >= k_most_files) return {fmt::format("{}: more than {} data files", shown, k_most_files), {}};
    File file;
    if (const std::string fault = open(name, goes_on, file); !fault.empty())
      return {fmt::format("{} cannot be read: {}", shown, fault), {}};
    found = files_.emplace(name, std::move(file)).first;
  }
  const File& file = found->second;
  Part part;
  part.bytes.resize(k_part);
  const ssize_t got = offset < 0 ? 0 : ::pread(file.fd.get(), part.bytes.data(), part.bytes.size(), offset);
  struct stat facts {};
  if (got < 0 || ::fstat(file.fd.get(), &facts) != 0)
    return {fmt::format("{} cannot be read: {}", shown, std::strerror(errno)), {}};
  if (facts.st_size != file.size || changed_at(facts) != file.changed)
    return {fmt::format("{} changed while it was read", shown), {}};
  part.bytes.resize(static_cast<std::size_t>(got));
  return part;
}

std::vector<std::pair<std::string, std::string>> DataFiles::taken() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, file] : files_) all.emplace_back(name, file.sha256);
  return all;
}

}  // namespace folder

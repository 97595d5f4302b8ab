#include "folder/trial.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <stdio.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "folder/opening.hpp"
#include "os/fd.hpp"

namespace folder {
namespace {

using core::Diagnosis;
using core::Verdict;

constexpr const char* k_part = "folders";

struct Tried {
  std::string configured, path;
  os::Fd fd;  // empty: there is no such folder yet
};

// A file of this process that no scan takes for a script, removed with its last name.
class Probe {
 public:
  explicit Probe(int folder) : Probe(folder, fmt::format(".fettle-doctor-{}", ::getpid())) {}
  Probe(int folder, std::string name)
      : folder_(folder),
        name_(std::move(name)),
        fd_((::unlinkat(folder, name_.c_str(), 0),  // of a doctor that was killed and had the same number
             ::openat(folder, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600))) {}
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() {
    if (fd_) ::unlinkat(folder_, name_.c_str(), 0);
  }

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  bool write() const noexcept { return ::write(fd_.get(), "fettle", 6) == 6 && ::fsync(fd_.get()) == 0; }
  bool move_to(int folder) noexcept {
    if (::renameat2(folder_, name_.c_str(), folder, name_.c_str(), RENAME_NOREPLACE) != 0) return false;
    folder_ = folder;
    return true;
  }
  // Nobody writes it any more: what a reader's lease needs.
  bool can_be_leased() const noexcept {
    const os::Fd reader(::openat(folder_, name_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    return reader && ::fcntl(reader.get(), F_SETLEASE, F_RDLCK) == 0;
  }
  void close_writer() noexcept { fd_.reset(::openat(folder_, name_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)); }

 private:
  int folder_;
  std::string name_;
  os::Fd fd_;
};

// The nearest folder above that exists.
std::string parent_of(std::string path) {
  do path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  while (!path.empty() && ::access(path.c_str(), F_OK) != 0);
  return path.empty() ? "/" : path;
}

Diagnosis try_making(const Tried& folder) {
  const std::string parent = parent_of(folder.path);
  if (::faccessat(AT_FDCWD, parent.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
    return {k_part, folder.configured, Verdict::good, "is not there yet; the first run makes it", {}};
  return {k_part, folder.configured, Verdict::fault,
          fmt::format("is not there, and cannot be made in {}: {}", parent, std::strerror(errno)),
          fmt::format("Make it, or give this account write access to {}.", parent)};
}

Diagnosis try_writing(const Tried& folder) {
  const Probe probe(folder.fd.get());
  const bool good = probe && probe.write() && ::fsync(folder.fd.get()) == 0;
  if (good) return {k_part, folder.configured, Verdict::good, "a file was written, synced and removed", {}};
  return {k_part, folder.configured, Verdict::fault, fmt::format("cannot be written: {}", std::strerror(errno)),
          fmt::format("Give this account write access to {}, and room on its disk.", folder.path)};
}

Diagnosis moves_failed(const std::string& found, const std::string& advice) {
  return {k_part, "moving", Verdict::fault, found, advice};
}

// Through all three folders, and then onto a name that is taken.
Diagnosis try_moving(const std::array<Tried, 3>& folders) {
  Probe probe(folders[0].fd.get());
  for (const std::size_t next : {std::size_t{1}, std::size_t{2}, std::size_t{0}})
    if (!probe || !probe.move_to(folders[next].fd.get()))
      return moves_failed(
          fmt::format("a file cannot be moved into {}: {}", folders[next].configured,
                      errno == EINVAL ? "this file system cannot rename without overwriting" : std::strerror(errno)),
          "Put all three folders on one local file system, such as ext4 or xfs.");
  const Probe taken(folders[1].fd.get());
  if (!taken || probe.move_to(folders[1].fd.get()) || errno != EEXIST)
    return moves_failed("a move did not spare the file that had the name already",
                        "Put the folders on a local file system, such as ext4 or xfs.");
  return {k_part, "moving", Verdict::good, "a file went through all three; a taken name was not overwritten", {}};
}

Diagnosis try_lease(const Tried& folder, std::chrono::milliseconds settle) {
  Probe probe(folder.fd.get());
  if (probe) probe.close_writer();
  if (probe && probe.can_be_leased())
    return {k_part, "leases", Verdict::good, "the kernel tells whether a script is still being written", {}};
  return {k_part, "leases", Verdict::warning,
          fmt::format("not on this file system: a script counts as complete when it has not changed for {}",
                      base::format_duration(settle)),
          "Move finished files into the folder instead of writing them there."};
}

}  // namespace

core::Diagnoses try_folders(const core::Config& config) {
  OpenedFolders opened = open_folders(config, Missing::is_empty);
  const auto tried = [&config](const std::string& configured, os::Fd& fd) {
    return Tried{configured, config.path(configured), std::move(fd)};
  };
  const std::array<Tried, 3> folders = {tried(config.folders.scripts, opened.scripts),
                                        tried(config.folders.succeeded, opened.succeeded),
                                        tried(config.folders.failed, opened.failed)};
  core::Diagnoses found;
  bool usable = true;
  for (const Tried& folder : folders) {
    found.push_back(folder.fd ? try_writing(folder) : try_making(folder));
    usable = usable && folder.fd && found.back().verdict == Verdict::good;
  }
  if (usable) found.push_back(try_moving(folders));
  if (usable) found.push_back(try_lease(folders[0], config.watch.settle));
  return found;
}

}  // namespace folder

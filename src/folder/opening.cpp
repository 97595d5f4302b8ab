#include "folder/opening.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace folder {
namespace {

const char* const k_nothing_run = "Nothing was run.";

struct Wanted {
  const char* key;         // in [folders]
  std::string configured;  // as the user wrote it
  std::string path;        // absolute, without "." and ".."
  os::Fd fd;
};

std::string shown(const Wanted& folder) {
  return fmt::format("{} (\"{}\")", folder.key, base::escape(folder.configured));
}

[[noreturn]] void refuse(const std::string& what, const std::string& next) {
  throw base::Error(base::ErrorKind::config, what, k_nothing_run, next + " Then: fettle config check");
}

// By text alone: a folder that does not exist yet has no other name. Also takes away the trailing slash that would make
// open(2) follow a symbolic link.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      kept.push_back(part);
    else if (!kept.empty())
      kept.pop_back();
  }
  std::string clean;
  for (const std::string_view part : kept) {
    clean += '/';
    clean += part;
  }
  return clean.empty() ? "/" : clean;
}

bool lies_inside(std::string_view inner, std::string_view outer) noexcept {
  if (outer == "/") return true;
  return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/';
}

void check_paths(const Wanted& left, const Wanted& right) {
  if (left.path == right.path)
    refuse(fmt::format("[folders] {} and {} are the same folder", shown(left), shown(right)),
           "Give each its own folder.");
  const bool left_inside = lies_inside(left.path, right.path);
  if (!left_inside && !lies_inside(right.path, left.path)) return;
  const Wanted& inner = left_inside ? left : right;
  const Wanted& outer = left_inside ? right : left;
  refuse(fmt::format("[folders] {} lies inside {}", shown(inner), shown(outer)), "Put the three folders side by side.");
}

void sync_parent(const std::string& path) {
  const std::string parent = path.substr(0, path.rfind('/') + 1);
  const os::Fd fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

// A folder that appears in the meantime is as good as one that was made.
void make_folder(const Wanted& folder) {
  for (std::size_t end = folder.path.find('/', 1);; end = folder.path.find('/', end + 1)) {
    const std::string path = folder.path.substr(0, end);
    if (::mkdir(path.c_str(), 0777) == 0)
      sync_parent(path);
    else if (struct stat status{}; errno != EEXIST && ::stat(path.c_str(), &status) != 0)
      base::throw_errno(base::ErrorKind::io, fmt::format("cannot make the folder {}", shown(folder)), k_nothing_run,
                        "Make it, or change [folders] in config.toml.");
    if (end == std::string::npos) return;
  }
}

int open_directory(const Wanted& folder) noexcept {
  return ::open(folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

[[noreturn]] void refuse_opening(const Wanted& folder) {
  const int code = errno;
  struct stat status {};
  if (::lstat(folder.path.c_str(), &status) == 0) {
    if (S_ISLNK(status.st_mode))
      refuse(fmt::format("[folders] {} is a symbolic link", shown(folder)),
             "Name the folder itself in config.toml: links are not followed.");
    if (!S_ISDIR(status.st_mode))
      refuse(fmt::format("[folders] {} is no folder", shown(folder)), "Move that file away, or name another folder.");
  }
  errno = code;
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot open the folder {}", shown(folder)), k_nothing_run,
                    fmt::format("Give this account read and write access to {}.", base::escape(folder.path)));
}

void open_folder(Wanted& folder, Missing missing) {
  folder.fd.reset(open_directory(folder));
  if (folder.fd) return;
  if (errno == ENOENT && missing == Missing::is_empty) {
    // A dangling link is no missing folder; a folder may have been made just now.
    struct stat status {};
    if (::lstat(folder.path.c_str(), &status) != 0 && errno == ENOENT) return;
    folder.fd.reset(open_directory(folder));
  } else if (errno == ENOENT) {
    make_folder(folder);
    folder.fd.reset(open_directory(folder));
  }
  if (!folder.fd) refuse_opening(folder);
}

// Before anything runs: a script that was executed must not then be stuck where it lies.
void check_writable(const Wanted& folder) {
  if (::faccessat(folder.fd.get(), ".", W_OK | X_OK, AT_EACCESS) == 0) return;
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot move files in the folder {}", shown(folder)),
                    k_nothing_run, fmt::format("Give this account write access to {}.", base::escape(folder.path)));
}

struct statx details_of(const Wanted& folder) {
  struct statx details {};
  if (::statx(folder.fd.get(), "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &details) != 0)
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot look at the folder {}", shown(folder)), k_nothing_run);
  return details;
}

// rename(2) crosses neither file systems nor two mounts of one file system (two volumes of a container, for example).
void check_pair(const Wanted& left, const Wanted& right) {
  if (!left.fd || !right.fd) return;
  const struct statx a = details_of(left);
  const struct statx b = details_of(right);
  const bool same_device = a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
  if (same_device && a.stx_ino == b.stx_ino)
    refuse(fmt::format("[folders] {} and {} are the same folder", shown(left), shown(right)),
           "Give each its own folder.");
  const char* const next = "Put all three on one file system, inside one mount.";
  if (!same_device)
    refuse(fmt::format(
               "[folders] {} and {} lie on different file systems: a script could not be moved from one to the other",
               shown(left), shown(right)),
           next);
  const bool knows_mounts = (a.stx_mask & b.stx_mask & STATX_MNT_ID) != 0;
  if (knows_mounts && a.stx_mnt_id != b.stx_mnt_id)
    refuse(fmt::format("[folders] {} and {} are different mounts of one file system: a script could not be moved from "
                       "one to the other",
                       shown(left), shown(right)),
           next);
}

template <class Check>
void for_each_pair(const std::array<Wanted, 3>& folders, Check check) {
  check(folders[0], folders[1]);
  check(folders[0], folders[2]);
  check(folders[1], folders[2]);
}

}  // namespace

OpenedFolders open_folders(const core::Config& config, Missing missing) {
  const auto wanted = [&config](const char* key, const std::string& configured) {
    return Wanted{key, configured, normalized(config.path(configured)), {}};
  };
  std::array<Wanted, 3> folders = {wanted("scripts", config.folders.scripts),
                                   wanted("succeeded", config.folders.succeeded),
                                   wanted("failed", config.folders.failed)};
  for_each_pair(folders, check_paths);
  for (Wanted& folder : folders) open_folder(folder, missing);
  for_each_pair(folders, check_pair);
  if (missing == Missing::create)
    for (const Wanted& folder : folders) check_writable(folder);
  return {std::move(folders[0].fd), std::move(folders[1].fd), std::move(folders[2].fd)};
}

}  // namespace folder

#include "folder/watch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>

#include "folder/names.hpp"
#include "os/disk.hpp"

namespace folder {
namespace {

constexpr std::chrono::seconds k_poll{2};     // where events do not tell everything
constexpr std::chrono::seconds k_missing{1};  // until a folder that is not there comes back

std::string refusal_of_kernel() {
  switch (errno) {
    case ENOSPC:
      return "the kernel's limit of watches is reached (fs.inotify.max_user_watches)";
    case EMFILE:
      return "the kernel's limit of watchers is reached (fs.inotify.max_user_instances)";
    default:
      return fmt::format("the kernel refuses to watch it: {}", std::strerror(errno));
  }
}

// What its events leave out: changes by other hosts, or made below the layer that is watched.
std::string blindness_of(const std::string& path) {
  const std::optional<os::Disk> disk = os::disk_under(path);
  if (!disk) return {};
  if (disk->keeps == os::Keeps::by_others)
    return fmt::format("a file system of type {} does not tell what other hosts or programs change", disk->type);
  if (disk->type == "overlay") return "an overlay does not tell what is changed in its layers";
  return {};
}

}  // namespace

std::string_view name(Watch::Sight sight) noexcept {
  switch (sight) {
    case Watch::Sight::events:
      return "events";
    case Watch::Sight::polling:
      return "polling";
    case Watch::Sight::missing:
      break;
  }
  return "missing";
}

Watch::Watch(const core::Config& config) : path_(config.path(config.folders.scripts)), config_(config.watch) {
  find_again();
}

Glimpse Watch::take() {
  Glimpse glimpse;
  if (!watch_) return glimpse;
  const os::Noticed noticed = watch_->take();
  glimpse.all = noticed.dropped;
  glimpse.moved_in = true;
  for (const os::Noticed::Entry& entry : noticed.entries) {
    if (!refusal_by_name(entry.name).empty()) continue;
    glimpse.names.push_back(entry.name);
    glimpse.moved_in = glimpse.moved_in && entry.moved_in;
  }
  if (noticed.lost) {
    watch_.reset();
    place_.reset();
    find_again();
    glimpse.all = true;
  }
  return glimpse;
}

std::optional<Watch::Place> Watch::place_now() const {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return Place{status.st_dev, status.st_ino};
}

bool Watch::find_again() {
  const std::optional<Place> now = place_now();
  if (now && now == place_ && (watch_ || sight_ == Sight::polling)) return false;
  if (!now && sight_ == Sight::missing && !why_.empty()) return false;
  place_ = now;
  watch();
  return true;
}

// The watch is set before it is known where it was set: what came in between is looked at by the caller, who looks at
// everything now.
void Watch::watch() {
  watch_.reset();
  why_.clear();
  if (!place_) {
    sight_ = Sight::missing;
    why_ = "there is no such folder now";
    return;
  }
  watch_ = os::DirectoryWatch::open(path_);
  if (!watch_) why_ = refusal_of_kernel();
  place_ = place_now();
  if (why_.empty() && config_.poll) why_ = "[watch] poll says so";
  if (why_.empty()) why_ = blindness_of(path_);
  sight_ = why_.empty() ? Sight::events : Sight::polling;
}

std::chrono::milliseconds Watch::interval() const noexcept {
  if (sight_ == Sight::missing) return std::min<std::chrono::milliseconds>(k_missing, config_.rescan);
  if (sight_ == Sight::polling) return std::min(config_.poll.value_or(k_poll), config_.rescan);
  return config_.rescan;
}

}  // namespace folder

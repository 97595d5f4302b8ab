// The eye on the pending folder. Says when to look, never what to find: the folder itself is the truth. Follows the
// path, not the directory: a folder that was renamed, removed and made again, mounted over or unmounted is found again.
// Holds no file of the folder open, so that its file system can be unmounted. Lives in the watcher.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "os/directory_watch.hpp"
#include "os/fd.hpp"

namespace folder {

// Where to look again.
struct Glimpse {
  bool all = false;                // anything may have changed
  std::vector<std::string> names;  // these did, of names that a script can have
  bool moved_in = false;           // all of these came by rename: whole, and nothing is known to follow
};

class Watch {
 public:
  enum class Sight {
    events,   // the kernel tells of changes; a look now and then is for what it never tells
    polling,  // it tells not all of them, or none
    missing,  // there is no such folder now
  };

  explicit Watch(const core::Config& config);

  int events_fd() const noexcept { return watch_ ? watch_->fd() : -1; }    // to poll for POLLIN
  int mounts_fd() const noexcept { return mounts_ ? mounts_.get() : -1; }  // to poll for POLLPRI

  // What the kernel told since; never waits.
  Glimpse take();
  // Looks whether the path still leads to the folder that is watched, and watches the one that it leads to. True: it
  // is another one, so anything may have changed. To be called when a mount changed, and as often as interval() says.
  bool find_again();
  // Between two looks at everything.
  std::chrono::milliseconds interval() const noexcept;

  Sight sight() const noexcept { return sight_; }
  const std::string& why() const noexcept { return why_; }  // not by events alone; empty otherwise

 private:
  struct Place {
    std::uint64_t device = 0, inode = 0;
    bool operator==(const Place&) const = default;
  };
  std::optional<Place> place_now() const;
  void watch();

  std::string path_;
  core::WatchConfig config_;
  std::optional<os::DirectoryWatch> watch_;
  os::Fd mounts_ = os::mount_changes();
  std::optional<Place> place_;  // of the watched folder; nullopt: it is missing
  Sight sight_ = Sight::missing;
  std::string why_;
};

std::string_view name(Watch::Sight sight) noexcept;  // "events"

}  // namespace folder

// What happens in one directory, as the kernel tells it (inotify). An event only says "look again": it may be late,
// dropped, or not come at all (network and overlay file systems, a mount over the path). Lives in the watcher.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "os/fd.hpp"

namespace os {

struct Noticed {
  // An entry came, was closed after writing, or got other rights. moved_in: by rename(2), so it is as whole as it was.
  struct Entry {
    std::string name;
    bool moved_in = false;
  };
  std::vector<Entry> entries;  // in the order of the events; names may come twice
  bool dropped = false;        // the queue of events was full: anything may have happened
  bool lost = false;           // the directory was renamed, removed or unmounted: this watch is of no use any more
};

class DirectoryWatch {
 public:
  // nullopt: the kernel refuses (no such directory, a symbolic link, too many watches); errno says why.
  static std::optional<DirectoryWatch> open(const std::string& path);

  int fd() const noexcept { return fd_.get(); }
  // What has come since; never waits.
  Noticed take();

 private:
  explicit DirectoryWatch(Fd fd) noexcept : fd_(std::move(fd)) {}

  Fd fd_;
};

// A descriptor that poll(2) reports with POLLPRI when something was mounted or unmounted in this process's view; empty:
// the system has none.
Fd mount_changes() noexcept;

}  // namespace os

#include "os/directory_watch.hpp"

#include <array>
#include <cstddef>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace os {
namespace {

// No IN_MODIFY: a writer is heard when it closes. No IN_MOVED_FROM and IN_DELETE: what goes needs no look, and a run
// that files scripts wakes nobody.
constexpr std::uint32_t k_mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                 IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

void sort_in(const inotify_event& event, Noticed& noticed) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) noticed.dropped = true;
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) noticed.lost = true;
  if (event.len == 0 || (event.mask & IN_ISDIR) != 0) return;
  noticed.entries.push_back({event.name, (event.mask & IN_MOVED_TO) != 0});
}

}  // namespace

std::optional<DirectoryWatch> DirectoryWatch::open(const std::string& path) {
  Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd || ::inotify_add_watch(fd.get(), path.c_str(), k_mask) < 0) return std::nullopt;
  return DirectoryWatch(std::move(fd));
}

Noticed DirectoryWatch::take() {
  constexpr std::size_t k_room = std::size_t{64} << 10U;
  alignas(inotify_event) std::array<char, k_room> events;
  Noticed noticed;
  for (;;) {
    const ssize_t got = ::read(fd_.get(), events.data(), events.size());
    if (got <= 0) return noticed;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto& event = *reinterpret_cast<const inotify_event*>(events.data() + at);
      sort_in(event, noticed);
      at += sizeof(inotify_event) + event.len;
    }
  }
}

Fd mount_changes() noexcept {
  return Fd(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
}

}  // namespace os

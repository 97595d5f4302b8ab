#include "os/alert.hpp"

#include <array>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.hpp"

namespace os {
namespace {

void add(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
    base::throw_errno(base::ErrorKind::internal, "cannot watch several descriptors");
}

}  // namespace

Alert::Alert(int descriptor, const std::string& directory, std::chrono::milliseconds tick)
    : fd_(::epoll_create1(EPOLL_CLOEXEC)), timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!fd_ || !timer_) base::throw_errno(base::ErrorKind::internal, "cannot watch several descriptors");
  itimerspec times{};
  times.it_value.tv_sec = tick.count() / 1000;
  times.it_value.tv_nsec = tick.count() % 1000 * 1'000'000;
  times.it_interval = times.it_value;
  ::timerfd_settime(timer_.get(), 0, &times, nullptr);
  add(fd_.get(), descriptor);
  add(fd_.get(), timer_.get());
  directory_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (directory_ && ::inotify_add_watch(directory_.get(), directory.c_str(), IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) >= 0)
    add(fd_.get(), directory_.get());
}

void Alert::quiet() noexcept {
  std::uint64_t ticks = 0;
  (void)!::read(timer_.get(), &ticks, sizeof ticks);
  std::array<char, 4096> events{};
  while (directory_ && ::read(directory_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace os

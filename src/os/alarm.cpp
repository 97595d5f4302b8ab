#include "os/alarm.hpp"

#include <algorithm>
#include <cstdint>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.hpp"

namespace os {

Alarm::Alarm() : fd_(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!fd_) base::throw_errno(base::ErrorKind::internal, "cannot make a timer");
}

void Alarm::set(std::optional<base::Instant> at) {
  if (at == at_) return;
  at_ = at;
  itimerspec when{};
  if (at) {
    const std::int64_t milliseconds = std::max<std::int64_t>(at->milliseconds, 1);  // zero would disarm it
    when.it_value = {milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  }
  ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr);
}

// A clock that was set shows as an error of this very read; both mean the same to the caller.
void Alarm::hush() noexcept {
  std::uint64_t rung = 0;
  const ssize_t ignored = ::read(fd_.get(), &rung, sizeof rung);
  (void)ignored;
  at_.reset();
}

}  // namespace os

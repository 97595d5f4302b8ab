#include "os/alarm.hpp"

#include <ctime>
#include <doctest/doctest.h>
#include <poll.h>

#include "os/clock.hpp"
#include "support/skip.hpp"

namespace {

bool rings(const os::Alarm& alarm, int milliseconds) {
  pollfd wait{alarm.fd(), POLLIN, 0};
  return ::poll(&wait, 1, milliseconds) > 0;
}

base::Instant in(std::int64_t milliseconds) {
  return {os::now().milliseconds + milliseconds};
}

}  // namespace

TEST_CASE("an alarm rings at its time, at once for one that has passed, and not before it is set again") {
  os::Alarm alarm;
  CHECK_FALSE(rings(alarm, 20));
  alarm.set(in(100));
  CHECK_FALSE(rings(alarm, 0));
  CHECK(rings(alarm, 5000));
  alarm.hush();
  CHECK_FALSE(rings(alarm, 20));
  alarm.set(in(-60'000));
  CHECK(rings(alarm, 5000));
  alarm.hush();
  alarm.set(in(3'600'000));
  alarm.set({});
  CHECK_FALSE(rings(alarm, 20));
}

TEST_CASE("an alarm rings when somebody sets the clock") {
  os::Alarm alarm;
  alarm.set(in(3'600'000));
  CHECK_FALSE(rings(alarm, 20));
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (::clock_settime(CLOCK_REALTIME, &now) != 0) return support::skip("this process may not set the clock");
  CHECK(rings(alarm, 1000));
  alarm.hush();
  alarm.set(in(3'600'000));
  CHECK_FALSE(rings(alarm, 20));
}

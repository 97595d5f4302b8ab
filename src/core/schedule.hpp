// When a script may run: its fields `notBefore` and `window`. Pure: what a clock in some place shows is asked of a
// Zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace core {

// What calendar and clock show somewhere.
struct Civil {
  int year = 1970, month = 1, day = 1;  // month and day from 1
  int hour = 0, minute = 0, second = 0;
};

// A place's clocks, with their changes of summer time. Implemented by os/zone.
class Zone {
 public:
  virtual ~Zone() = default;
  virtual base::Instant instant_of(const Civil& civil) const = 0;  // a day or hour out of range carries over
  virtual Civil civil_of(base::Instant instant) const = 0;
};

// "2026-12-01", "2026-12-01T02:00", "2026-12-01 02:00:30", with "Z" or "+01:00" behind the time where it is not this
// machine's.
struct PointInTime {
  Civil civil;
  std::optional<int> offset;  // minutes east of UTC; nullopt: by the clocks of this machine
};
std::optional<PointInTime> parse_point(std::string_view text);
base::Instant instant_of(const PointInTime& point, const Zone& local);

// "02:00-04:00", "Sat 02:00-04:00 Europe/Berlin", "Mon-Fri 22:00-06:00", "Sat,Sun 00:00-24:00". One that ends before it
// begins ends on the next day; the days are those of its beginning.
struct Window {
  unsigned days = 0x7F;  // bit 0: Monday
  int from = 0, to = 0;  // minutes since midnight
  std::string zone;      // empty: this machine's
};
std::optional<Window> parse_window(std::string_view text);

// When it opens next; nullopt: it is open.
std::optional<base::Instant> next_opening(const Window& window, base::Instant now, const Zone& zone);

// 0: Monday.
int weekday_of(const Civil& civil) noexcept;

}  // namespace core

// Points in time as the ledger, JSON and people write them. base reads no clock: os/clock does.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace base {

// Milliseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t milliseconds = 0;
  auto operator<=>(const Instant&) const = default;
};

// "2026-11-21T10:29:00.123Z"
std::string iso8601(Instant instant);

// For people, in the local time zone: "2026-11-21 11:29:00".
std::string local_time(Instant instant);

}  // namespace base

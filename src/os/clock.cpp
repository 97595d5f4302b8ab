#include "os/clock.hpp"

#include <algorithm>
#include <limits>

namespace os {

base::Instant now() noexcept {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

Deadline in(std::chrono::milliseconds time) noexcept {
  return Steady::now() + time;
}

std::chrono::microseconds since(Steady::time_point start) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start);
}

int poll_timeout(Deadline deadline) noexcept {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace os

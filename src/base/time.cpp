#include "base/time.hpp"

#include <ctime>
#include <fmt/format.h>

namespace base {
namespace {

// Floor division, so that instants before 1970 come out right as well.
std::time_t whole_seconds(Instant instant) noexcept {
  const std::int64_t seconds = instant.milliseconds / 1000;
  return instant.milliseconds % 1000 < 0 ? seconds - 1 : seconds;
}

std::string render(const std::tm& parts, char separator) {
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     separator, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

std::string iso8601(Instant instant) {
  const std::time_t seconds = whole_seconds(instant);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{}.{:03}Z", render(parts, 'T'), instant.milliseconds - seconds * 1000);
}

std::string local_time(Instant instant) {
  const std::time_t seconds = whole_seconds(instant);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return render(parts, ' ');
}

}  // namespace base

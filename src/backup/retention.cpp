#include "backup/retention.hpp"

#include "core/limits.hpp"

namespace backup {

std::vector<std::size_t> outdated(const std::vector<Aged>& all, const Retention& retention, base::Instant now) {
  constexpr std::int64_t k_day = 24LL * 3600 * 1000;  // ms
  std::vector<std::size_t> found;
  for (std::size_t at = 1; at < all.size(); ++at) {
    const std::int64_t age = (now.milliseconds - all[at].made.milliseconds) / k_day;
    const bool is_old =
        retention.days != core::k_unlimited && age >= 0 && static_cast<std::uint64_t>(age) >= retention.days;
    if (at >= retention.keep || is_old) found.push_back(at);
  }
  return found;
}

}  // namespace backup

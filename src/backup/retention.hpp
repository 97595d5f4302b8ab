// Which backups are kept. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace backup {

struct Retention {
  std::uint64_t keep = 0, days = 0;  // core::k_unlimited: no limit
};

struct Aged {
  std::string name;
  base::Instant made;
};

// Places in `all`, which is sorted newest first, of those that are too many or too old; never the newest.
std::vector<std::size_t> outdated(const std::vector<Aged>& all, const Retention& retention, base::Instant now);

}  // namespace backup

// kill -9 of runner, zygote, broker or worker at random moments of many runs, while scripts keep coming in. No shim:
// the processes run as they always do.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "site.hpp"

namespace crash {

struct SoakTally {
  std::uint64_t rounds = 0, scripts = 0, violations = 0;
  std::map<std::string, std::uint64_t> kills;  // by role; "too late": it had ended
};

SoakTally soak(const Setting& setting, const std::string& scratch, std::chrono::seconds time, std::uint64_t seed);

}  // namespace crash

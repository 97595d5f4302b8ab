// How far a script has come, in one line: "[#####.....] 42 % · 420 of 1,000 rows · 120/s · 3.5 s · 5.0 s left". Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "cli/style.hpp"
#include "core/observer.hpp"

namespace cli {

// elapsed: since the script began. What there is no room for is left away, from the end.
std::string progress_line(const core::Progress& progress, std::chrono::microseconds elapsed, const Style& style,
                          std::size_t width);

}  // namespace cli

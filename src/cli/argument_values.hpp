// What stands behind an option, from text to value. Pure, but for the clock. Each throws base::Error(usage).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/outcome.hpp"
#include "core/script.hpp"

namespace cli {

[[noreturn]] void refuse(std::string what, std::string next);

std::int64_t whole_number(const std::string& text, std::string_view option);
std::uint64_t percent(const std::string& text);              // "10" or "10%"
std::chrono::milliseconds seconds(const std::string& text);  // "5", "0.5" and, since people type it, "5m"
// "2026-11-20", "2026-11-20T14:00", "2h": so long ago.
base::Instant point_in_time(const std::string& text, std::string_view option);
// "90d": from now; "2027-01-01". Not past.
base::Instant point_ahead(const std::string& text, std::string_view option);
core::Argument script_argument(const std::string& text);  // "NAME=VALUE"
std::string origin_word(const std::string& text);         // "web:192.0.2.7", "schedule"
core::OutcomeKind outcome_word(const std::string& text);

}  // namespace cli

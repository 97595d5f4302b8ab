// The administrator's own limits on when and where a run may happen ([guard]). Pure: host, variable, time and clocks
// are given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/config.hpp"
#include "core/schedule.hpp"

namespace core {

// Whether such a text may stand in config.toml; an empty one guards nothing. hours: parse_window.
bool is_guard_of_hosts(std::string_view text);
bool is_guard_by_variable(std::string_view text);

// "NAME" of "NAME" and of "NAME=value".
std::string_view variable_of(const GuardConfig& guard) noexcept;

// What is found where a run would happen.
struct Surroundings {
  std::string host;
  std::optional<std::string> variable;  // what variable_of() holds; nullopt: it is not set
  base::Instant now;
  const Zone* zone = nullptr;  // the clocks that the hours name; nullptr: the machine does not know them
};

// A guard that lets no run be.
struct Forbidden {
  std::string guard;                   // "hosts", "variable", "hours"; or k_pause
  std::string required;                // as configured
  std::string found;                   // "this host is web-3"; of hours with the opening; raw bytes
  std::optional<base::Instant> until;  // when it opens
};

// Of a person who has paused all runs: `required` tells who and why, `until` is when to look again.
inline constexpr std::string_view k_pause = "pause";

// The first guard that says no: one that time will not lift before one that it will.
std::optional<Forbidden> forbidden(const GuardConfig& guard, const Surroundings& here);

// One line that is safe to print: which guard, what it asks for, what was found, until when.
std::string describe(const Forbidden& forbidden);
// The same for a script that waits for it: what is true for as long as that.
std::string reason(const Forbidden& forbidden);

}  // namespace core

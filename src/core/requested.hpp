// A run that somebody asked for, what others said to it, and whether it may be: `[web] approvals`. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace core {

struct RequestedScript {
  std::string name;    // of its file; any bytes
  std::string sha256;  // of the very version that was asked for
  bool operator==(const RequestedScript&) const = default;
};

struct Requested {
  struct Voice {
    std::string by;
    bool yes = false;
    std::string reason;
    base::Instant at;
  };
  std::int64_t id = 0;  // of its event in the ledger
  std::string by, host, reason;
  base::Instant at;
  std::vector<RequestedScript> scripts;
  std::vector<Voice> voices;          // in the order in which they spoke
  std::optional<base::Instant> used;  // a run began by it then
};

inline constexpr std::int64_t k_request_holds_ms = 7LL * 24 * 60 * 60 * 1000;

// How many different people have said yes, of others than who asked.
std::size_t approvals(const Requested& request);

// Why no run may be by it now; empty: one may. needed: yes of so many others.
std::string why_no_run(const Requested& request, std::size_t needed, base::Instant now);
// Why this person may not speak to it now; empty: they may.
std::string why_no_voice(const Requested& request, const std::string& by, base::Instant now);

// What the event of a request says of its scripts, and back; nullopt: it is no such text.
std::string text_of(const std::vector<RequestedScript>& scripts);
std::optional<std::vector<RequestedScript>> requested_scripts(std::string_view text);

}  // namespace core

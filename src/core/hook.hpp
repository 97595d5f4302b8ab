// A command of the administrator beside a run ([hooks]), and how it ended. Run by runner/hooks; told, recorded and
// exported as it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace core {

enum class Hook : std::uint8_t {
  before_run,  // before the first script; unless it succeeds nothing is attempted
  on_failure,  // after the last one, when a script failed or became unknown
  after_run,   // after that
};
std::string_view name(Hook hook) noexcept;

enum class HookEnd : std::uint8_t {
  exited,
  killed,     // by a signal that is not fettle's
  timed_out,  // fettle ended it at its limit
  stopped,    // fettle ended it for a person's second signal
  not_started,
};
std::string_view name(HookEnd end) noexcept;

struct HookReport {
  Hook hook = Hook::before_run;
  HookEnd end = HookEnd::exited;
  int code = 0;  // of exited: its exit code; of killed: the signal
  std::chrono::microseconds duration{0};
  std::string output;  // raw bytes of what it said, on either stream: its first and its last lines
  std::string fault;   // of not_started: why
};

bool has_succeeded(const HookReport& hook) noexcept;

// "exit code 1 in 12 ms", "stopped at its time limit, after 30 s"
std::string describe(const HookReport& hook);
// The same with the first line that it said, on one line that is safe to print.
std::string summary(const HookReport& hook);

}  // namespace core

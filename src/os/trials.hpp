// Tries each lock-down layer of this kernel for real: a forked child puts it on and then does what it forbids. What the
// kernel merely claims to offer is never taken for an answer. Call while this process has one thread; nothing stays.
#pragma once

#include <cstdint>

namespace os {

enum class TrialResult : std::uint8_t {
  held,     // the forbidden thing was refused
  missing,  // the kernel does not offer the layer
  leaked,   // it was put on and did not hold
};

TrialResult try_call_filter() noexcept;            // seccomp: a call that is not listed ends the process
TrialResult try_file_rules() noexcept;             // Landlock: opening a folder is refused
TrialResult try_memory_limit() noexcept;           // rlimits: more address space than allowed is refused
TrialResult try_no_new_privileges() noexcept;      // it is reported as set, and cannot be unset
TrialResult try_closing_descriptors() noexcept;    // close_range: an inherited descriptor is gone
TrialResult try_killing_by_descriptor() noexcept;  // pidfd: a child is ended through it and seen to end

}  // namespace os

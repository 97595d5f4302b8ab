// The doctor's words for the kernel's lock-down layers. Private to runner/doctor.
#pragma once

#include "core/config.hpp"
#include "core/diagnosis.hpp"

namespace runner {

inline constexpr const char* k_lock_down = "lock-down";

// Tries each in a child of its own. What is missing is a fault where sandbox.minimum asks for it, else a warning.
core::Diagnoses try_layers(core::SandboxMinimum minimum);

}  // namespace runner

// The text that is laid beside a failed script, for whoever finds it in the folder.
#pragma once

#include <string>

#include "core/report.hpp"

namespace runner {

std::string error_note(const core::AttemptReport& attempt);

}  // namespace runner

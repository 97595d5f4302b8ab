// The text that is laid beside a failed script, for whoever finds it in the folder.
#pragma once

#include <string>
#include <string_view>

#include "core/report.hpp"

namespace runner {

// filed_as: the name under which it lies in the folder of failed scripts.
std::string error_note(const core::AttemptReport& attempt, std::string_view filed_as);

}  // namespace runner

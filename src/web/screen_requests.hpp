// The part of Home that shows runs which somebody asked for and which are not over: who asked, the exact scripts, what
// others said, and what the viewer may say or start.
#pragma once

#include <string>

#include "web/look.hpp"

namespace web {

// Empty where there is none.
std::string open_requests(const Look& look);

}  // namespace web

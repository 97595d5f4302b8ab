// Words of a command line that do not go together. Throws base::Error(usage).
#pragma once

#include "cli/arguments.hpp"

namespace cli {

void check_words(const Arguments& out);

}  // namespace cli

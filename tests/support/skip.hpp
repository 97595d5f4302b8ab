// A test that cannot be run here (not root, no such file system) says so and is counted; it never passes in silence.
#pragma once

#include <string_view>

namespace support {

// Prints "skipped: TEST: why"; the count of all is printed at the end of the run. The caller returns from the test.
void skip(std::string_view why);

bool is_root() noexcept;

}  // namespace support

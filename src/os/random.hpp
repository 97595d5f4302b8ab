// Bytes that nobody can guess, from the kernel.
#pragma once

#include <cstddef>
#include <string>

namespace os {

// As lower-case hexadecimal digits, two for each byte. Throws Error(internal).
std::string random_hex(std::size_t bytes);

}  // namespace os

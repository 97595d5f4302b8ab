// SHA-256, the version of a script. From libsodium.
#pragma once

#include <string>
#include <string_view>

namespace base {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace base

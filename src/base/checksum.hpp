// Checksums that other programs keep of their files, to be compared with. Not for anything that has to be safe: that is
// base/hash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace base {

// CRC-32 as in gzip and PNG. before: of the bytes that came before these.
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0) noexcept;

// SHA-1, 40 lower-case hexadecimal digits.
std::string sha1_hex(std::string_view bytes);

}  // namespace base

#include "os/random.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include "base/error.hpp"

namespace os {

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  for (std::size_t have = 0; have < bytes;) {
    const ssize_t got = ::getrandom(raw.data() + have, bytes - have, 0);
    if (got < 0) base::throw_errno(base::ErrorKind::internal, "the kernel gives no random bytes");
    have += static_cast<std::size_t>(got);
  }
  std::string text;
  for (const char byte : raw) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

}  // namespace os

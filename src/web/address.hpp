// Where `fettle serve` listens: "127.0.0.1:8017", "[::1]:8017", "unix:/run/fettle.sock".
#pragma once

#include <string>
#include <string_view>

#include "os/fd.hpp"

struct sockaddr_storage;

namespace web {

struct Address {
  std::string host;  // as an IP address; empty: a Unix socket
  int port = 0;
  std::string path;  // of the socket
  bool is_loopback = false;
  std::string text() const;  // "http://127.0.0.1:8017", "unix:/run/fettle.sock"
};
// Throws Error(config).
Address address_of(std::string_view text);

// A socket that listens there; a Unix socket may be used by its owner only. Throws Error(io): it is taken, or not ours.
os::Fd listen_at(const Address& address);

// Who is at the other end: an IP address, or "unix".
std::string peer_text(const sockaddr_storage& from);

}  // namespace web

#include "web/address.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace web {
namespace {

constexpr std::string_view k_unix = "unix:";

[[noreturn]] void refuse(std::string_view text) {
  throw base::Error(base::ErrorKind::config, fmt::format("[web] listen = \"{}\" is no address", base::escape(text)),
                    "Nothing listens.", "Such as 127.0.0.1:8017, [::1]:8017 or unix:/run/fettle.sock");
}

[[noreturn]] void cannot_listen(const Address& address) {
  const bool taken = errno == EADDRINUSE;
  base::throw_errno(
      base::ErrorKind::io, fmt::format("cannot listen at {}", address.text()), "Nothing listens.",
      taken ? "Another program does. Stop it, or choose another [web] listen." : "Choose another [web] listen.");
}

os::Fd listen_at_path(const Address& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof name.sun_path) {
    errno = ENAMETOOLONG;
    cannot_listen(address);
  }
  address.path.copy(name.sun_path, sizeof name.sun_path - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&name);
  struct stat found {};
  if (::lstat(address.path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
    const os::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), generic, sizeof name) != 0 && errno == ECONNREFUSED)
      ::unlink(address.path.c_str());  // left behind by a process that was killed
  }
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.get(), generic, sizeof name);
  ::umask(before);
  if (bound != 0 || ::listen(fd.get(), SOMAXCONN) != 0) cannot_listen(address);
  return fd;
}

}  // namespace

std::string Address::text() const {
  if (host.empty()) return fmt::format("{}{}", k_unix, path);
  return host.find(':') == std::string::npos ? fmt::format("http://{}:{}", host, port)
                                             : fmt::format("http://[{}]:{}", host, port);
}

Address address_of(std::string_view text) {
  Address address;
  if (text.starts_with(k_unix)) {
    address.path = text.substr(k_unix.size());
    address.is_loopback = true;
    if (address.path.empty()) refuse(text);
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text);
  const std::string_view port = text.substr(colon + 1);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = host == "localhost" ? "127.0.0.1" : host;
  const auto [last, fault] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (fault != std::errc() || last != port.data() + port.size() || address.port < 0 || address.port > 65535)
    refuse(text);
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, address.host.c_str(), &four) == 1)
    address.is_loopback = (ntohl(four.s_addr) >> 24) == 127;
  else if (::inet_pton(AF_INET6, address.host.c_str(), &six) == 1)
    address.is_loopback = IN6_IS_ADDR_LOOPBACK(&six);
  else
    refuse(text);
  return address;
}

os::Fd listen_at(const Address& address) {
  if (address.host.empty()) return listen_at_path(address);
  sockaddr_storage name{};
  socklen_t size = sizeof(sockaddr_in);
  auto& four = reinterpret_cast<sockaddr_in&>(name);
  auto& six = reinterpret_cast<sockaddr_in6&>(name);
  if (::inet_pton(AF_INET, address.host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(static_cast<std::uint16_t>(address.port));
  } else {
    ::inet_pton(AF_INET6, address.host.c_str(), &six.sin6_addr);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(static_cast<std::uint16_t>(address.port));
    size = sizeof(sockaddr_in6);
  }
  os::Fd fd(::socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0)
    cannot_listen(address);
  return fd;
}

std::string peer_text(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, text.data(), text.size());
  else if (from.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, text.data(), text.size());
  else
    return "unix";
  return text.data();
}

}  // namespace web

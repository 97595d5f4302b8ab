#include "os/service.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.hpp"

namespace os {
namespace {

std::string taken_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

ServiceManager::ServiceManager() : address_(taken_variable("NOTIFY_SOCKET")) {
  const auto microseconds = number_in(taken_variable("WATCHDOG_USEC"));
  const auto whose = number_in(taken_variable("WATCHDOG_PID"));
  if (address_.size() < 2 || (address_[0] != '/' && address_[0] != '@') ||
      address_.size() >= sizeof(sockaddr_un::sun_path))
    return;
  if (address_[0] == '@') address_[0] = '\0';
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (microseconds && (!whose || *whose == ::getpid()))
    watchdog_ = std::max(std::chrono::milliseconds(*microseconds / 1000), std::chrono::milliseconds(1));
}

void ServiceManager::tell(std::string_view lines) noexcept {
  if (!socket_) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(socket_.get(), lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

void ServiceManager::status(std::string_view text) {
  if (!socket_ || text == status_) return;
  status_ = text;
  tell(fmt::format("STATUS={}", base::escape(text)));
}

std::int64_t monotonic_microseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace os

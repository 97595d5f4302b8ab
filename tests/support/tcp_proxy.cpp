#include "support/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace support {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

}  // namespace

TcpProxy::TcpProxy(int server_port)
    : server_port_(server_port), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe2(wake_, O_CLOEXEC) != 0)
    throw std::runtime_error("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TcpProxy::~TcpProxy() {
  ::close(wake_[1]);
  thread_.join();
  for (Line& line : lines_) close(line);
  ::close(listener_);
  ::close(wake_[0]);
}

void TcpProxy::strike_at(std::size_t message, Fault fault) {
  const std::lock_guard lock(mutex_);
  seen_ = 0;
  struck_ = false;
  healed_ = false;
  strike_ = message;
  fault_ = fault;
}

void TcpProxy::strike_on(const std::string& text, Fault fault) {
  strike_at(k_never, fault);
  const std::lock_guard lock(mutex_);
  strike_text_ = text;
}

void TcpProxy::stall() {
  const std::lock_guard lock(mutex_);
  all_stall_ = true;
}

void TcpProxy::heal() {
  const std::lock_guard lock(mutex_);
  healed_ = true;
  all_stall_ = false;
  isolated_ = false;
}

void TcpProxy::close(Line& line) {
  for (int* end : {&line.client, &line.server}) {
    if (*end >= 0) ::close(*end);
    *end = -1;
  }
}

// From clients, of what did not pass yet.
std::size_t TcpProxy::bytes_waiting() const {
  std::size_t all = 0;
  for (const Line& line : lines_) {
    int bytes = 0;
    if (::ioctl(line.client, FIONREAD, &bytes) == 0) all += static_cast<std::size_t>(bytes);
  }
  return all;
}

void TcpProxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (const std::lock_guard lock(mutex_); isolated_) {
    ::close(client);
    return;
  }
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(server_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    lines_.push_back({client, server});
    return;
  }
  ::close(server);
  ::close(client);
}

// false: the line is to be cut.
bool TcpProxy::pass(Line& line, int from, int to) {
  const std::lock_guard lock(mutex_);
  if (all_stall_) return true;
  std::array<char, 65536> room;
  const ssize_t count = ::recv(from, room.data(), room.size(), 0);
  if (count <= 0) return false;
  const bool is_meant =
      !strike_text_.empty() && from == line.client &&
      std::string_view(room.data(), static_cast<std::size_t>(count)).find(strike_text_) != std::string_view::npos;
  const bool strikes = seen_++ == strike_ || is_meant;
  if (is_meant) {
    strike_text_.clear();
    isolated_ = true;
  }
  if (strikes) struck_ = true;
  if (strikes && fault_ == Fault::before) return false;
  if (strikes && fault_ == Fault::stall) line.stalled = true;
  const auto sent = ::send(to, room.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
  return sent == count && !(strikes && fault_ == Fault::after);
}

void TcpProxy::serve() {
  for (;;) {
    std::vector<pollfd> wait = {{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    {
      const std::lock_guard lock(mutex_);
      for (Line& line : lines_) {
        if (healed_) line.stalled = false;
        const bool stalled = line.stalled || all_stall_;
        const short events = stalled ? short{0} : short{POLLIN};
        wait.push_back({stalled ? -1 : line.client, events, 0});
        wait.push_back({stalled ? -1 : line.server, events, 0});
      }
    }
    waiting_ = bytes_waiting();
    ::poll(wait.data(), wait.size(), 20);
    if (wait[0].revents != 0) return;
    for (std::size_t index = 0; index < lines_.size(); ++index) {
      Line& line = lines_[index];
      const bool from_client = wait[2 + 2 * index].revents != 0, from_server = wait[3 + 2 * index].revents != 0;
      const bool good = (!from_client || pass(line, line.client, line.server)) &&
                        (!from_server || line.stalled || pass(line, line.server, line.client));
      if (!good) close(line);
    }
    std::erase_if(lines_, [](const Line& line) { return line.client < 0; });
    if (wait[1].revents != 0) accept_one();
  }
}

}  // namespace support

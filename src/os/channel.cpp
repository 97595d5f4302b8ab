#include "os/channel.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.hpp"

namespace os {
namespace {

constexpr std::uint16_t k_magic = 0xF377;
constexpr std::size_t k_gulp = std::size_t{64} << 10U;
constexpr std::size_t k_most_descriptors = 8;  // in one frame

bool write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool read_all(int fd, char* into, std::size_t length) noexcept {
  while (length > 0) {
    const ssize_t got = ::read(fd, into, length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into += got;
    length -= static_cast<std::size_t>(got);
  }
  return true;
}

ssize_t send_some(int fd, std::string_view bytes, const std::vector<int>& descriptors) noexcept {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * k_most_descriptors)> control{};
  if (!descriptors.empty()) {
    const std::size_t size = descriptors.size() * sizeof(int);
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(head), descriptors.data(), size);
  }
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

std::pair<Channel, Channel> Channel::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    base::throw_errno(base::ErrorKind::internal, "cannot make a socket pair");
  return {Channel(Fd(ends[0])), Channel(Fd(ends[1]))};
}

void Channel::set_nonblocking() {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    base::throw_errno(base::ErrorKind::internal, "cannot make a channel non-blocking");
}

std::string Channel::header(std::uint8_t kind, std::size_t length, std::size_t descriptors) {
  const Header head{static_cast<std::uint32_t>(length), kind, static_cast<std::uint8_t>(descriptors), k_magic};
  std::string bytes(k_header, '\0');
  std::memcpy(bytes.data(), &head, k_header);
  return bytes;
}

std::optional<Channel::Header> Channel::peek() const noexcept {
  if (incoming_.size() - consumed_ < k_header) return std::nullopt;
  return header_at(consumed_);
}

Channel::Header Channel::header_at(std::size_t position) const noexcept {
  Header head{};
  std::memcpy(&head, incoming_.data() + position, k_header);
  return head;
}

SendResult Channel::send(std::uint8_t kind, std::string_view body) {
  if (body.size() > k_largest_frame) return SendResult::too_large;
  std::string bytes = header(kind, body.size(), 0);
  const std::size_t joined = body.size() <= k_gulp ? body.size() : 0;  // a large body is not copied once more
  bytes += body.substr(0, joined);
  const bool sent = write_all(fd_.get(), bytes) && write_all(fd_.get(), body.substr(joined));
  return sent ? SendResult::sent : SendResult::closed;
}

std::optional<Frame> Channel::receive() {
  Header head{};
  if (!read_all(fd_.get(), reinterpret_cast<char*>(&head), k_header)) return std::nullopt;
  if (head.magic != k_magic || head.length > k_largest_frame || head.descriptors != 0) return std::nullopt;
  Frame frame{head.kind, std::string(head.length, '\0'), {}};
  if (!read_all(fd_.get(), frame.body.data(), frame.body.size())) return std::nullopt;
  return frame;
}

SendResult Channel::send(std::uint8_t kind, std::string_view body, Deadline deadline,
                         const std::vector<int>& descriptors, int wake) {
  if (body.size() > k_largest_frame || descriptors.size() > k_most_descriptors) return SendResult::too_large;
  std::string bytes = header(kind, body.size(), descriptors.size());
  bytes += body;
  std::string_view left = bytes;
  bool first = true;
  while (!left.empty()) {
    const ssize_t sent = send_some(fd_.get(), left, first ? descriptors : std::vector<int>{});
    if (sent >= 0) {
      first = false;
      left.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return SendResult::closed;
    std::array<pollfd, 2> wait = {pollfd{fd_.get(), POLLOUT, 0}, pollfd{wake, POLLIN, 0}};
    const int ready = ::poll(wait.data(), wait.size(), poll_timeout(deadline));
    if (ready == 0) return SendResult::timed_out;
    if (ready > 0 && wait[1].revents != 0) return SendResult::woken;
  }
  return SendResult::sent;
}

FillResult Channel::fill() {
  if (consumed_ > 0) {
    incoming_.erase(0, consumed_);
    consumed_ = 0;
  }
  std::array<char, k_gulp> gulp{};
  iovec part{gulp.data(), gulp.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * k_most_descriptors)> control{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? FillResult::open : FillResult::closed;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < count; ++index) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(head) + index * sizeof(int), sizeof(int));
      incoming_descriptors_.emplace_back(descriptor);
    }
  }
  if (got == 0) return FillResult::closed;
  incoming_.append(gulp.data(), static_cast<std::size_t>(got));
  if ((message.msg_flags & MSG_CTRUNC) != 0 || incoming_descriptors_.size() > k_most_descriptors)
    return FillResult::malformed;
  return is_sound() ? FillResult::open : FillResult::malformed;
}

// Every frame that has begun is looked at, so that a bad one is refused when it comes and not when more does. A frame's
// descriptors arrive with its first byte.
bool Channel::is_sound() const noexcept {
  std::size_t descriptors = 0;
  for (std::size_t at = consumed_; incoming_.size() - at >= k_header;) {
    const Header head = header_at(at);
    descriptors += head.descriptors;
    if (head.magic != k_magic || head.length > k_largest_frame || descriptors > incoming_descriptors_.size())
      return false;
    if (incoming_.size() - at - k_header < head.length) return true;
    at += k_header + head.length;
  }
  return true;
}

std::optional<Frame> Channel::next() {
  const std::optional<Header> head = peek();
  if (!head || head->magic != k_magic || head->length > k_largest_frame) return std::nullopt;
  if (incoming_.size() - consumed_ < k_header + head->length) return std::nullopt;
  if (incoming_descriptors_.size() < head->descriptors) return std::nullopt;
  Frame frame{head->kind, incoming_.substr(consumed_ + k_header, head->length), {}};
  const auto end = incoming_descriptors_.begin() + head->descriptors;
  frame.descriptors.assign(std::make_move_iterator(incoming_descriptors_.begin()), std::make_move_iterator(end));
  incoming_descriptors_.erase(incoming_descriptors_.begin(), end);
  consumed_ += k_header + head->length;
  return frame;
}

}  // namespace os

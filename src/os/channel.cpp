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
constexpr std::size_t k_most_descriptors = 8;          // in one frame
constexpr std::size_t k_kept = std::size_t{1} << 20U;  // bytes that a buffer may keep for the next frames

bool write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// What is left of a head and of a body that follow each other on the wire.
struct Parts {
  std::string_view head, body;

  bool done() const noexcept { return head.empty() && body.empty(); }
  void advance(std::size_t bytes) noexcept {
    const std::size_t of_head = std::min(bytes, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(bytes - of_head);
  }
};

iovec part_of(std::string_view bytes) noexcept {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

ssize_t send_some(int fd, const Parts& parts, const std::vector<int>& descriptors) noexcept {
  std::array<iovec, 2> vectors = {part_of(parts.head), part_of(parts.body)};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = vectors.size();
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

Channel::Header Channel::header(std::uint8_t kind, std::size_t length, std::size_t descriptors) noexcept {
  return {static_cast<std::uint32_t>(length), kind, static_cast<std::uint8_t>(descriptors), k_magic};
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
  const Header head = header(kind, body.size(), 0);
  const std::size_t joined = body.size() <= k_gulp ? body.size() : 0;  // a large body is not copied once more
  outgoing_.assign(reinterpret_cast<const char*>(&head), k_header);
  outgoing_ += body.substr(0, joined);
  const bool sent = write_all(fd_.get(), outgoing_) && write_all(fd_.get(), body.substr(joined));
  return sent ? SendResult::sent : SendResult::closed;
}

std::optional<Frame> Channel::receive() {
  const std::optional<FrameView> found = receive_view();
  if (!found) return std::nullopt;
  return Frame{found->kind, std::string(found->body), {}};
}

std::optional<FrameView> Channel::receive_view() {
  while (is_sound()) {
    if (auto frame = next_view()) return frame;
    forget_consumed();
    if (!read_some()) break;
  }
  return std::nullopt;
}

bool Channel::read_some() {
  std::array<char, k_gulp> gulp;
  ssize_t got = -1;
  const auto look = [&](int flags) {
    got = ::recv(fd_.get(), gulp.data(), gulp.size(), flags);
    return got >= 0 || (errno != EAGAIN && errno != EINTR);
  };
  if (!spin_.sees([&] { return look(MSG_DONTWAIT); })) {
    while (!look(0)) {
    }
  }
  if (got <= 0) return false;
  incoming_.append(gulp.data(), static_cast<std::size_t>(got));
  return true;
}

SendResult Channel::send(std::uint8_t kind, std::string_view body, Deadline deadline,
                         const std::vector<int>& descriptors, int wake) {
  if (body.size() > k_largest_frame || descriptors.size() > k_most_descriptors) return SendResult::too_large;
  static const std::vector<int> none;
  const Header head = header(kind, body.size(), descriptors.size());
  Parts left{{reinterpret_cast<const char*>(&head), k_header}, body};
  bool first = true;
  while (!left.done()) {
    const ssize_t sent = send_some(fd_.get(), left, first ? descriptors : none);
    if (sent >= 0) {
      first = false;
      left.advance(static_cast<std::size_t>(sent));
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

// What a giant took is given back.
void Channel::forget_consumed() {
  if (consumed_ == 0) return;
  incoming_.erase(0, consumed_);
  consumed_ = 0;
  if (incoming_.empty() && incoming_.capacity() > k_kept) incoming_ = {};
}

FillResult Channel::fill() {
  forget_consumed();
  std::array<char, k_gulp> gulp;
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

// The head of the next frame, when all of it is there.
std::optional<Channel::Header> Channel::complete() const noexcept {
  const std::optional<Header> head = peek();
  if (!head || head->magic != k_magic || head->length > k_largest_frame) return std::nullopt;
  if (incoming_.size() - consumed_ < k_header + head->length) return std::nullopt;
  if (incoming_descriptors_.size() < head->descriptors) return std::nullopt;
  return head;
}

std::optional<std::uint8_t> Channel::next_kind() const noexcept {
  const std::optional<Header> head = complete();
  return head ? std::optional(head->kind) : std::nullopt;
}

std::optional<Frame> Channel::next() {
  std::vector<Fd> descriptors;
  const std::optional<FrameView> found = take(descriptors);
  if (!found) return std::nullopt;
  return Frame{found->kind, std::string(found->body), std::move(descriptors)};
}

std::optional<Frame> Channel::await(Deadline deadline) {
  for (;;) {
    if (std::optional<Frame> frame = next()) return frame;
    pollfd wait{fd_.get(), POLLIN, 0};
    if (::poll(&wait, 1, poll_timeout(deadline)) <= 0 && Steady::now() >= deadline) return std::nullopt;
    if (fill() != FillResult::open) return next();
  }
}

std::optional<FrameView> Channel::next_view() {
  std::vector<Fd> closed;
  return take(closed);
}

std::optional<FrameView> Channel::take(std::vector<Fd>& descriptors) {
  const std::optional<Header> head = complete();
  if (!head) return std::nullopt;
  const auto end = incoming_descriptors_.begin() + head->descriptors;
  descriptors.assign(std::make_move_iterator(incoming_descriptors_.begin()), std::make_move_iterator(end));
  incoming_descriptors_.erase(incoming_descriptors_.begin(), end);
  const FrameView frame{head->kind, std::string_view(incoming_).substr(consumed_ + k_header, head->length)};
  consumed_ += k_header + head->length;
  return frame;
}

}  // namespace os

// Framed, capped messages between two processes over one end of a Unix stream socket pair. The peer may be hostile.
//
// A frame on the wire: length of the body (4 bytes, little endian) · kind (1) · number of descriptors (1) · magic (2) ·
// body. Two ways to use one end, never mixed:
//   blocking      (worker): send() and receive(), which make only recvfrom(2) and write(2);
//   non-blocking  (all others): set_nonblocking() first; then fill() when poll says readable, next() until it is empty,
//                 and send() which gives up at a deadline or when `wake` becomes readable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/spin.hpp"

namespace os {

inline constexpr std::size_t k_largest_frame = std::size_t{16} << 20U;  // bytes of a body

struct Frame {
  std::uint8_t kind = 0;
  std::string body;
  std::vector<Fd> descriptors;
};

// A frame in the channel's own memory, without descriptors.
struct FrameView {
  std::uint8_t kind = 0;
  std::string_view body;
};

enum class SendResult { sent, closed, timed_out, woken, too_large };
enum class FillResult { open, closed, malformed };

class Channel {
 public:
  Channel() = default;
  explicit Channel(Fd fd) noexcept : fd_(std::move(fd)) {}

  // Two connected ends, both close-on-exec. Throws Error(internal).
  static std::pair<Channel, Channel> pair();

  int fd() const noexcept { return fd_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  Fd take() noexcept { return std::move(fd_); }
  void close() noexcept { fd_.reset(); }
  void set_nonblocking();

  // Blocking use. set_eager(): looks for an answer before it sleeps; call it before a lock-down.
  void set_eager() noexcept { spin_ = Spin::for_this_machine(); }
  SendResult send(std::uint8_t kind, std::string_view body);
  std::optional<Frame> receive();           // nullopt: the peer is gone or sent what is no frame
  std::optional<FrameView> receive_view();  // the same; valid until the channel is used again

  // Non-blocking use. descriptors are duplicated into the peer; the caller keeps its own.
  SendResult send(std::uint8_t kind, std::string_view body, Deadline deadline, const std::vector<int>& descriptors = {},
                  int wake = -1);
  // Reads what is there, at most one large gulp. malformed: the peer broke the framing; do not go on with it.
  FillResult fill();
  std::optional<Frame> next();
  // The same, waiting for it. nullopt: the time is up, or the peer is gone or broke the framing.
  std::optional<Frame> await(Deadline deadline);
  std::optional<FrameView> next_view();  // valid until the next fill(); descriptors that came with it are closed
  // Of what next() would give; nullopt: nothing is complete.
  std::optional<std::uint8_t> next_kind() const noexcept;

 private:
  struct Header {
    std::uint32_t length;
    std::uint8_t kind;
    std::uint8_t descriptors;
    std::uint16_t magic;
  };
  static constexpr std::size_t k_header = 8;

  static Header header(std::uint8_t kind, std::size_t length, std::size_t descriptors) noexcept;
  std::optional<Header> peek() const noexcept;
  std::optional<Header> complete() const noexcept;
  void forget_consumed();
  bool read_some();
  Header header_at(std::size_t position) const noexcept;
  bool is_sound() const noexcept;
  std::optional<FrameView> take(std::vector<Fd>& descriptors);

  Fd fd_;
  std::string incoming_;
  std::string outgoing_;  // blocking use
  std::size_t consumed_ = 0;
  std::vector<Fd> incoming_descriptors_;
  Spin spin_;  // blocking use
};

}  // namespace os

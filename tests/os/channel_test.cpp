#include "os/channel.hpp"

#include <chrono>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

using os::Channel;
using os::FillResult;
using os::in;
using os::SendResult;

namespace {

// Waits until the channel is readable, then fills; fails the test after some seconds.
FillResult wait_and_fill(Channel& channel) {
  pollfd wait{channel.fd(), POLLIN, 0};
  REQUIRE(::poll(&wait, 1, 5000) == 1);
  return channel.fill();
}

os::Frame next_frame(Channel& channel) {
  for (;;) {
    if (auto frame = channel.next()) return *std::move(frame);
    REQUIRE(wait_and_fill(channel) == FillResult::open);
  }
}

std::string raw_header(std::uint32_t length, std::uint8_t kind, std::uint8_t descriptors,
                       std::uint16_t magic = 0xF377) {
  std::string bytes(8, '\0');
  std::memcpy(&bytes[0], &length, 4);
  std::memcpy(&bytes[4], &kind, 1);
  std::memcpy(&bytes[5], &descriptors, 1);
  std::memcpy(&bytes[6], &magic, 2);
  return bytes;
}

void write_raw(const Channel& channel, const std::string& bytes) {
  REQUIRE(::write(channel.fd(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

// What a blocking reader makes of these bytes when nothing follows them.
bool is_received(const std::string& bytes) {
  auto [ours, theirs] = Channel::pair();
  write_raw(ours, bytes);
  ours.close();
  return theirs.receive().has_value();
}

int open_descriptors() {
  int open = 0;
  for (int fd = 0; fd < 1024; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return open;
}

// Sends bytes with descriptors attached, past the checks of Channel::send.
void send_descriptors(const Channel& channel, std::string bytes, const std::vector<int>& descriptors) {
  std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size() * sizeof(int));
  REQUIRE(::sendmsg(channel.fd(), &message, 0) == static_cast<ssize_t>(bytes.size()));
}

}  // namespace

TEST_CASE("a frame arrives as it was sent, also an empty one and one with NULs") {
  auto [ours, theirs] = Channel::pair();
  for (const std::string& body : {std::string(), std::string("a\0b", 3), std::string(100'000, 'x')}) {
    REQUIRE(ours.send(7, body) == SendResult::sent);
    const auto frame = theirs.receive();
    REQUIRE(frame);
    CHECK(frame->kind == 7);
    CHECK((frame->body == body));
  }
}

TEST_CASE("both ends are closed on exec") {
  const auto [ours, theirs] = Channel::pair();
  CHECK((::fcntl(ours.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(theirs.fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a peer that is gone is an answer, not a signal") {
  auto [ours, theirs] = Channel::pair();
  theirs.close();
  CHECK(ours.send(1, "x") == SendResult::closed);
  CHECK_FALSE(ours.receive());
  ours.set_nonblocking();
  CHECK(ours.send(1, "x", in(std::chrono::seconds(5))) == SendResult::closed);
  CHECK(ours.fill() == FillResult::closed);
}

TEST_CASE("a blocking reader takes no malformed, half or too large frame") {
  CHECK(is_received(raw_header(3, 1, 0) + "abc"));
  CHECK_FALSE(is_received(raw_header(3, 1, 0) + "ab"));
  CHECK_FALSE(is_received(raw_header(3, 1, 0)));
  CHECK_FALSE(is_received(raw_header(3, 1, 0).substr(0, 5)));
  CHECK_FALSE(is_received(raw_header(3, 1, 0, 0x1234) + "abc"));
  CHECK_FALSE(is_received(raw_header(3, 1, 1) + "abc"));
  CHECK_FALSE(is_received(raw_header((16U << 20U) + 1, 1, 0) + "abc"));
  CHECK_FALSE(is_received(raw_header(0xFFFFFFFF, 1, 0) + "abc"));
  CHECK_FALSE(is_received(""));
}

TEST_CASE("a frame that comes byte by byte is whole at its last byte and not before") {
  auto [ours, theirs] = Channel::pair();
  theirs.set_nonblocking();
  const std::string bytes = raw_header(3, 9, 0) + "abc";
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    CHECK_FALSE(theirs.next());
    write_raw(ours, bytes.substr(at, 1));
    REQUIRE(wait_and_fill(theirs) == FillResult::open);
  }
  const auto frame = theirs.next();
  REQUIRE(frame);
  CHECK(frame->kind == 9);
  CHECK(frame->body == "abc");
  CHECK_FALSE(theirs.next_kind());
  CHECK_FALSE(theirs.next());
}

TEST_CASE("several frames in one gulp come out one by one") {
  auto [ours, theirs] = Channel::pair();
  theirs.set_nonblocking();
  for (std::uint8_t kind = 1; kind <= 3; ++kind) REQUIRE(ours.send(kind, std::string(kind, 'x')) == SendResult::sent);
  REQUIRE(wait_and_fill(theirs) == FillResult::open);
  for (std::uint8_t kind = 1; kind <= 3; ++kind) {
    const auto frame = theirs.next();
    REQUIRE(frame);
    CHECK(frame->kind == kind);
    CHECK(frame->body.size() == kind);
  }
  CHECK_FALSE(theirs.next());
}

TEST_CASE("with nothing to read, filling neither blocks nor fails") {
  auto [ours, theirs] = Channel::pair();
  theirs.set_nonblocking();
  CHECK(theirs.fill() == FillResult::open);
  CHECK_FALSE(theirs.next_kind());
}

TEST_CASE("wrong magic and a length over the limit are malformed at once") {
  for (const std::string& bytes :
       {raw_header(1, 1, 0, 0), raw_header((16U << 20U) + 1, 1, 0), raw_header(0xFFFFFFFF, 1, 0)}) {
    auto [ours, theirs] = Channel::pair();
    theirs.set_nonblocking();
    write_raw(ours, bytes);
    CHECK(wait_and_fill(theirs) == FillResult::malformed);
    CHECK_FALSE(theirs.next());
  }
}

TEST_CASE("a malformed frame behind a good one is malformed as soon as it comes") {
  auto [ours, theirs] = Channel::pair();
  theirs.set_nonblocking();
  write_raw(ours, raw_header(1, 1, 0) + "a" + raw_header(1, 1, 0, 0x4141) + "b");
  CHECK(wait_and_fill(theirs) == FillResult::malformed);
  CHECK(theirs.next().has_value());
  CHECK_FALSE(theirs.next());
}

TEST_CASE("the largest frame passes, one byte more is not even sent") {
  auto [ours, theirs] = Channel::pair();
  const std::string largest(os::k_largest_frame, 'x');
  CHECK(theirs.send(1, largest + "x") == SendResult::too_large);
  ours.set_nonblocking();
  CHECK(ours.send(1, largest + "x", in(std::chrono::seconds(5))) == SendResult::too_large);
  const pid_t reader = ::fork();
  REQUIRE(reader >= 0);
  if (reader == 0) {
    ours.close();
    const auto frame = theirs.receive();
    ::_exit(frame && frame->body == largest ? 0 : 1);
  }
  theirs.close();
  CHECK(ours.send(1, largest, in(std::chrono::seconds(20))) == SendResult::sent);
  int status = -1;
  REQUIRE(::waitpid(reader, &status, 0) == reader);
  CHECK(status == 0);
}

TEST_CASE("a peer that does not read costs no more than the deadline") {
  auto [ours, theirs] = Channel::pair();
  ours.set_nonblocking();
  const auto start = os::Steady::now();
  CHECK(ours.send(1, std::string(8 << 20, 'x'), in(std::chrono::milliseconds(50))) == SendResult::timed_out);
  const auto spent = os::Steady::now() - start;
  CHECK(spent >= std::chrono::milliseconds(50));
  CHECK(spent < std::chrono::seconds(5));
}

TEST_CASE("a deadline in the past still sends what fits") {
  auto [ours, theirs] = Channel::pair();
  ours.set_nonblocking();
  CHECK(ours.send(1, "x", in(std::chrono::seconds(-1))) == SendResult::sent);
  CHECK(theirs.receive().has_value());
}

TEST_CASE("sending gives up when the wake descriptor has something to say") {
  auto [ours, theirs] = Channel::pair();
  auto [waker, wake] = Channel::pair();
  ours.set_nonblocking();
  REQUIRE(waker.send(1, "stop") == SendResult::sent);
  CHECK(ours.send(1, std::string(8 << 20, 'x'), in(std::chrono::seconds(20)), {}, wake.fd()) == SendResult::woken);
}

TEST_CASE("descriptors arrive with their own frame, as duplicates that close on exec") {
  auto [ours, theirs] = Channel::pair();
  ours.set_nonblocking();
  theirs.set_nonblocking();
  auto [first, first_end] = Channel::pair();
  auto [second, second_end] = Channel::pair();
  REQUIRE(ours.send(1, "none", in(std::chrono::seconds(5))) == SendResult::sent);
  REQUIRE(ours.send(2, "one", in(std::chrono::seconds(5)), {first_end.fd()}) == SendResult::sent);
  REQUIRE(ours.send(3, "one more", in(std::chrono::seconds(5)), {second_end.fd()}) == SendResult::sent);
  CHECK(next_frame(theirs).descriptors.empty());
  os::Frame one = next_frame(theirs);
  os::Frame more = next_frame(theirs);
  REQUIRE(one.descriptors.size() == 1);
  REQUIRE(more.descriptors.size() == 1);
  CHECK(one.descriptors[0].get() != first_end.fd());
  CHECK((::fcntl(one.descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  first_end.close();
  Channel through(std::move(one.descriptors[0]));
  REQUIRE(through.send(9, "first") == SendResult::sent);
  const auto said = first.receive();
  REQUIRE(said);
  CHECK(said->body == "first");
  Channel through_second(std::move(more.descriptors[0]));
  REQUIRE(through_second.send(9, "second") == SendResult::sent);
  CHECK(second.receive()->body == "second");
}

TEST_CASE("descriptors that nobody takes are closed with the channel") {
  const int before = open_descriptors();
  {
    auto [ours, theirs] = Channel::pair();
    ours.set_nonblocking();
    theirs.set_nonblocking();
    REQUIRE(ours.send(1, "x", in(std::chrono::seconds(5)), {ours.fd(), ours.fd(), ours.fd()}) == SendResult::sent);
    REQUIRE(wait_and_fill(theirs) == FillResult::open);
    CHECK(open_descriptors() == before + 5);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("too many descriptors are refused by the sender and malformed for the receiver, and none leaks") {
  const int before = open_descriptors();
  {
    auto [ours, theirs] = Channel::pair();
    ours.set_nonblocking();
    theirs.set_nonblocking();
    const std::vector<int> nine(9, ours.fd());
    CHECK(ours.send(1, "x", in(std::chrono::seconds(5)), nine) == SendResult::too_large);
    send_descriptors(ours, raw_header(1, 1, 9) + "x", nine);
    CHECK(wait_and_fill(theirs) == FillResult::malformed);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("descriptors that no frame announces do not pile up without end") {
  const int before = open_descriptors();
  {
    auto [ours, theirs] = Channel::pair();
    theirs.set_nonblocking();
    FillResult result = FillResult::open;
    for (int round = 0; round < 20 && result == FillResult::open; ++round) {
      send_descriptors(ours, raw_header(0, 1, 0), {ours.fd()});
      result = wait_and_fill(theirs);
      while (theirs.next()) continue;
    }
    CHECK(result == FillResult::malformed);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a frame that announces a descriptor which never comes is no frame") {
  auto [ours, theirs] = Channel::pair();
  theirs.set_nonblocking();
  write_raw(ours, raw_header(1, 1, 1) + "x");
  CHECK(wait_and_fill(theirs) == FillResult::malformed);
  CHECK_FALSE(theirs.next());
}

// The sockets of the page, over real ones: many connections, slow ones, large ones.
#include "web/door.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "os/clock.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace {

using std::chrono::milliseconds;

const std::string k_get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

web::Response echo(const web::Request& request) {
  if (request.path == "/slow") std::this_thread::sleep_for(milliseconds(300));
  return {.status = 200,
          .type = "text/plain",
          .body = request.path + request.body,
          .headers = {},
          .live = request.path == "/live"};
}

class Served {
 public:
  explicit Served(const web::DoorLimits& limits = {}, const std::string& at = "127.0.0.1:0")
      : door_(web::address_of(at), echo, limits), thread_([this] {
          door_.serve(milliseconds(20), [this]() -> std::optional<std::string> {
            if (ended_) return std::nullopt;
            return told_.exchange(false) ? std::string("data: news\n\n") : std::string();
          });
        }) {}
  ~Served() {
    ended_ = true;
    thread_.join();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  os::Fd connect() const {
    os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(static_cast<std::uint16_t>(door_.port()));
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    return fd;
  }
  void tell() { told_ = true; }

 private:
  std::atomic<bool> ended_{false}, told_{false};
  web::Door door_;
  std::thread thread_;
};

void say(const os::Fd& fd, const std::string& text) {
  REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

// What comes until `end` is in it, the other end closes, or the time is over.
std::string heard(const os::Fd& fd, const std::string& end, milliseconds most = std::chrono::seconds(20)) {
  std::string text;
  const os::Deadline till = os::in(most);
  while (text.find(end) == std::string::npos) {
    pollfd wait{fd.get(), POLLIN, 0};
    if (::poll(&wait, 1, os::poll_timeout(till)) <= 0) break;
    char part[4096];
    const ssize_t got = ::recv(fd.get(), part, sizeof part, 0);
    if (got <= 0) break;
    text.append(part, static_cast<std::size_t>(got));
  }
  return text;
}

bool is_closed(const os::Fd& fd) {
  pollfd wait{fd.get(), POLLIN, 0};
  if (::poll(&wait, 1, 20'000) <= 0) return false;
  char part[4096];
  return ::recv(fd.get(), part, sizeof part, 0) <= 0;
}

}  // namespace

TEST_CASE("requests on one connection are answered one after the other, also when they come in bits or all at once") {
  const Served served;
  const os::Fd one = served.connect();
  for (const char letter : "GET /bits HTTP/1.1\r\nHost: a\r\n\r\n")
    if (letter != '\0') say(one, std::string(1, letter));
  CHECK(heard(one, "/bits").find("200 OK") != std::string::npos);
  say(one, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n++");
  const std::string both = heard(one, "/b++");
  CHECK(both.find("/slow") < both.find("/b++"));
}

TEST_CASE("a thousand connections that say nothing do not keep anybody waiting") {
  const Served served;
  std::vector<os::Fd> idle;
  for (int count = 0; count < 1000; ++count) idle.push_back(served.connect());
  for (std::size_t each = 0; each < idle.size(); each += 2) say(idle[each], "GET / HT");
  const os::Fd one = served.connect();
  say(one, k_get);
  CHECK(heard(one, "\r\n\r\n/").find("200 OK") != std::string::npos);
}

TEST_CASE("where all places are taken, the connection that has been idle longest makes room") {
  const Served served({.connections = 20});
  std::vector<os::Fd> idle;
  for (int count = 0; count < 30; ++count) idle.push_back(served.connect());
  const os::Fd one = served.connect();
  say(one, k_get);
  CHECK(heard(one, "\r\n\r\n/").find("200 OK") != std::string::npos);
  CHECK(is_closed(idle[0]));
}

TEST_CASE("a head that comes a byte at a time has until its deadline, and then is told so") {
  const Served served({.head = milliseconds(300)});
  const os::Fd slow = served.connect();
  std::atomic<bool> ended = false;
  std::thread drip([&] {
    while (!ended && ::send(slow.get(), "a", 1, MSG_NOSIGNAL) == 1) std::this_thread::sleep_for(milliseconds(30));
  });
  CHECK(heard(slow, "408").starts_with("HTTP/1.1 408 "));
  ended = true;
  drip.join();
}

TEST_CASE("a body that stops coming, and a connection that says nothing, are closed at their deadlines") {
  const Served served({.idle = milliseconds(200), .body = milliseconds(200)});
  const os::Fd idle = served.connect();
  const os::Fd half = served.connect();
  say(half, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  CHECK(heard(half, "408").starts_with("HTTP/1.1 408 "));
  CHECK(is_closed(idle));
}

TEST_CASE("a body of a gigabyte is refused by its head, before it comes") {
  const Served served;
  const os::Fd one = served.connect();
  say(one, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n");
  CHECK(heard(one, "413").starts_with("HTTP/1.1 413 "));
  CHECK(is_closed(one));
}

TEST_CASE("who asks too fast waits for a turn, and is answered all the same") {
  const Served served({.pace = 50});
  const os::Fd one = served.connect();
  std::string all;
  for (int count = 0; count < 60; ++count) all += "GET /" + std::to_string(count) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  say(one, all);
  const std::string text = heard(one, "\r\n\r\n/59");
  CHECK(text.find("\r\n\r\n/59") != std::string::npos);
  CHECK(text.find("HTTP/1.1 4") == std::string::npos);
}

TEST_CASE("connections that listen are told what changes, and one that went away is forgotten") {
  Served served({.live = 2});
  const std::string live = "GET /live HTTP/1.1\r\nHost: a\r\n\r\n";
  const os::Fd first = served.connect(), third = served.connect();
  os::Fd second = served.connect();
  say(first, live);
  say(second, live);
  CHECK(heard(first, "\r\n\r\n/live").find("200 OK") != std::string::npos);
  CHECK(heard(second, "\r\n\r\n/live").find("200 OK") != std::string::npos);
  say(third, live);
  CHECK(heard(third, "503").starts_with("HTTP/1.1 503 "));
  served.tell();
  CHECK(heard(first, "news").find("data: news\n\n") != std::string::npos);
  CHECK(heard(second, "news").find("data: news\n\n") != std::string::npos);
  second.reset();
  CHECK(support::wait_until([&] {
    const os::Fd fourth = served.connect();
    say(fourth, live);
    return heard(fourth, "/live").starts_with("HTTP/1.1 200 ");
  }));
}

TEST_CASE("what is being answered when the end comes is still sent") {
  std::optional<Served> served(std::in_place);
  const os::Fd one = served->connect();
  say(one, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(50));
  served.reset();
  CHECK(heard(one, "/slow").find("200 OK") != std::string::npos);
}

TEST_CASE("a Unix socket is its owner's, replaces one that was left behind, and not one at which somebody listens") {
  const support::Scratch scratch;
  const std::string path = scratch.path() + "/s";
  {
    const os::Fd left(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    REQUIRE(::bind(left.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  }
  {
    const Served served({}, "unix:" + path);
    CHECK(support::run({.command = {"stat", "-c", "%a", path}, .directory = "/", .environment = {}}).out == "600\n");
    CHECK_THROWS_AS(web::Door(web::address_of("unix:" + path), echo), base::Error);
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("addresses are IP addresses with a port, or paths of sockets") {
  CHECK(web::address_of("127.0.0.1:8017").is_loopback);
  CHECK(web::address_of("127.9.9.9:1").is_loopback);
  CHECK(web::address_of("localhost:8017").host == "127.0.0.1");
  CHECK(web::address_of("[::1]:80").is_loopback);
  CHECK(web::address_of("unix:/run/x").is_loopback);
  CHECK_FALSE(web::address_of("0.0.0.0:80").is_loopback);
  CHECK_FALSE(web::address_of("[::]:80").is_loopback);
  CHECK_FALSE(web::address_of("192.0.2.1:80").is_loopback);
  CHECK(web::address_of("[::1]:80").text() == "http://[::1]:80");
  for (const char* text :
       {"", "8017", ":8017", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "unix:", "example.org:80"})
    CHECK_THROWS_AS(web::address_of(text), base::Error);
}

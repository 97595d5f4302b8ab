#include "support/served.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "os/clock.hpp"

namespace support {

std::string Answered::header(const std::string& name) const {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t start = at + name.size() + 4;
  return head.substr(start, head.find("\r\n", start) - start);
}

ServedSite::ServedSite(const std::string& more) : Site(more) {
  token("first", "read");
  start();
}

void ServedSite::start() {
  Launch launch = this->launch({"serve"});
  launch.environment = {fmt::format("FETTLE_WEB_LISTEN=127.0.0.1:{}", port_)};  // any, and the same one again
  serve_.emplace(launch);
  const std::string before = "listens at http://127.0.0.1:";
  REQUIRE(wait_until([&] {
    const std::string text = serve_->err();
    const std::size_t at = text.find(before);
    if (at == std::string::npos || text.find('\n', at) == std::string::npos) return false;
    port_ = std::atoi(text.c_str() + at + before.size());
    return port_ != 0;
  }));
}

Ended ServedSite::stop() {
  serve_->signal(SIGTERM);
  return serve_->wait(Seconds(30));
}

std::string ServedSite::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::string ServedSite::token(const std::string& name, const std::string& scope) const {
  const Ended made = fettle({"token", "add", name, "--scope", scope});
  REQUIRE(made.status == 0);
  return made.out.substr(0, made.out.find('\n'));
}

os::Fd ServedSite::connect() const {
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port_));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  return fd;
}

Answered ServedSite::send(const std::string& request) const {
  const os::Fd fd = connect();
  say(fd, request);
  return answered(heard(fd));
}

Answered ServedSite::get(const std::string& path, const std::string& lines) const {
  return send(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{}\r\n", path, port_, lines));
}

Answered ServedSite::post(const std::string& path, const std::string& body, const std::string& lines) const {
  return send(
      fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", path,
                  port_, body.size(), lines, body));
}

nlohmann::json ServedSite::done(const std::string& path, const std::string& body, const std::string& lines) const {
  const Answered started = post(path, body, lines);
  nlohmann::json action = started.json();
  if (started.status != 202) return action;
  const std::string href = started.header("Location");
  REQUIRE(wait_until([&] { return !(action = get(href, lines).json()).at("running").get<bool>(); }, Seconds(60)));
  return action;
}

std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

void say(const os::Fd& fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t sent = ::send(fd.get(), text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) return;  // it was refused before all of it was sent
    at += static_cast<std::size_t>(sent);
  }
}

std::string heard(const os::Fd& fd, const std::string& enough, Seconds most) {
  std::string text;
  const os::Deadline till = os::in(std::chrono::duration_cast<std::chrono::milliseconds>(most));
  while (enough.empty() || text.find(enough) == std::string::npos) {
    pollfd wait{fd.get(), POLLIN, 0};
    if (::poll(&wait, 1, os::poll_timeout(till)) <= 0) break;
    char part[16 * 1024];
    const ssize_t got = ::recv(fd.get(), part, sizeof part, 0);
    if (got <= 0) break;
    text.append(part, static_cast<std::size_t>(got));
  }
  return text;
}

Answered answered(const std::string& text) {
  Answered answer;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos || !text.starts_with("HTTP/1.1 ")) return answer;
  answer.status = std::atoi(text.c_str() + 9);
  answer.head = text.substr(0, end + 2);
  answer.body = text.substr(end + 4);
  return answer;
}

}  // namespace support

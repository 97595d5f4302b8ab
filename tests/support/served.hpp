// A place with `fettle serve` at work on a free port of loopback, and what is sent to it, byte by byte.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "os/fd.hpp"
#include "support/site.hpp"

namespace support {

struct Answered {
  int status = 0;  // 0: the connection was closed without an answer
  std::string head, body;
  std::string header(const std::string& name) const;  // the first of that name, as it stands there; empty: none
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

class ServedSite : public Site {
 public:
  // more: further lines of config.toml.
  explicit ServedSite(const std::string& more = "");

  void start();
  Ended stop();  // with SIGTERM
  Program& program() { return *serve_; }

  std::string url(const std::string& path = "/") const;
  int port() const noexcept { return port_; }
  // A new token for this name.
  std::string token(const std::string& name, const std::string& scope) const;

  os::Fd connect() const;
  // One request on a connection of its own, as it is; the connection is asked to be closed.
  Answered send(const std::string& request) const;
  // lines: further header lines, each with its end.
  Answered get(const std::string& path, const std::string& lines = "") const;
  Answered post(const std::string& path, const std::string& body, const std::string& lines = "") const;
  // What a command that is started so has come to, once it has ended.
  nlohmann::json done(const std::string& path, const std::string& body, const std::string& lines) const;

 private:
  std::optional<Program> serve_;
  int port_ = 0;
};

std::string bearer(const std::string& token);  // a header line
void say(const os::Fd& fd, const std::string& text);
// Until the other end closes, or what has come holds `enough`, or the time is over.
std::string heard(const os::Fd& fd, const std::string& enough = {}, Seconds most = Seconds(20));
Answered answered(const std::string& text);

}  // namespace support

#include "web/http.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <httplib.h>
#include <optional>

namespace web {
namespace {

constexpr std::string_view k_head_end = "\r\n\r\n";
constexpr int k_keep_alive_s = 30;
constexpr std::size_t k_keep_alive_requests = 1000;

Framing refused(int status) {
  return {.state = Framing::State::refused, .refusal = status};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Line ends are CR LF, and nothing else in it steers anything.
bool is_clean(std::string_view head) {
  for (std::size_t at = 0; at < head.size(); ++at) {
    const unsigned char letter = static_cast<unsigned char>(head[at]);
    if (letter == '\r') {
      if (at + 1 == head.size() || head[at + 1] != '\n') return false;
    } else if (letter == '\n') {
      if (at == 0 || head[at - 1] != '\r') return false;
    } else if ((letter < ' ' && letter != '\t') || letter == 0x7f) {
      return false;
    }
  }
  return true;
}

struct Length {
  std::optional<std::size_t> bytes;
  int refusal = 0;
};

Length length_of(std::string_view head, const Sizes& sizes) {
  Length length;
  for (std::size_t at = head.find("\r\n"); at + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string_view line = head.substr(at + 2, end - at - 2);
    at = end;
    const std::size_t colon = line.find(':');
    if (line.empty()) break;
    if (colon == std::string_view::npos || colon == 0 || line[colon - 1] == ' ' || line.front() == ' ' ||
        line.front() == '\t')
      return {.bytes = {}, .refusal = 400};
    const std::string name = lower(line.substr(0, colon));
    if (name == "transfer-encoding") return {.bytes = {}, .refusal = 411};
    if (name != "content-length") continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    std::size_t bytes = 0;
    const auto [last, fault] = std::from_chars(value.data(), value.data() + value.size(), bytes);
    if (fault == std::errc::result_out_of_range) return {.bytes = {}, .refusal = 413};
    if (value.empty() || fault != std::errc() || last != value.data() + value.size() || length.bytes)
      return {.bytes = {}, .refusal = 400};
    if (bytes > sizes.body) return {.bytes = {}, .refusal = 413};
    length.bytes = bytes;
  }
  return length;
}

// A request that has come whole, and the answer in the making.
class Memory : public httplib::Stream {
 public:
  Memory(std::string_view request, std::string address) : rest_(request), address_(std::move(address)) {}

  bool is_readable() const override { return !rest_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t count = std::min(size, rest_.size());
    std::copy_n(rest_.data(), count, to);
    rest_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, std::size_t size) override {
    written.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = address_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return -1; }

  std::string written;

 private:
  std::string_view rest_;
  std::string address_;
};

class Server : public httplib::Server {
 public:
  bool process(httplib::Stream& stream, bool& closed) {
    return process_request(stream, false, closed, [](httplib::Request& request) {
      // Packed answers would tell, by their length, what they have in common with what a stranger makes a browser send.
      request.headers.erase("Accept-Encoding");
      request.headers.erase("Range");
      request.ranges.clear();
    });
  }
};

Request request_of(const httplib::Request& from, std::string_view body, const std::string& address) {
  Request request;
  request.method = from.method == "HEAD" ? "GET" : from.method;
  request.path = from.path;
  request.target = from.target;
  request.body = body;
  request.address = address;
  if (const std::size_t mark = from.target.find('?'); mark != std::string::npos)
    request.query = form_pairs(std::string_view(from.target).substr(mark + 1));
  for (const auto& [name, value] : from.headers) request.headers.emplace_back(lower(name), value);
  for (const auto& [name, part] : from.files) {
    request.form.emplace_back(name, part.content);
    if (!part.filename.empty()) request.form.emplace_back(name + ".filename", part.filename);
  }
  if (lower(request.header("content-type")).starts_with("application/x-www-form-urlencoded"))
    request.form = form_pairs(body);
  return request;
}

std::string_view reason_of(int status) noexcept {
  switch (status) {
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Payload Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Bad Request";
  }
}

// The one path to which forms with files are sent.
constexpr const char* k_takes_files = "/scripts";

bool has_files(const httplib::Request& request) {
  return request.method == "POST" && request.path == k_takes_files && request.is_multipart_form_data();
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char letter) { return letter < ' ' || letter == 0x7f; });
}

}  // namespace

Framing framing_of(std::string_view received, const Sizes& sizes) {
  const std::size_t end = received.substr(0, sizes.head).find(k_head_end);
  if (end == std::string_view::npos) {
    if (received.size() >= sizes.head) return refused(431);
    // What is no head is not waited for.
    const bool cut = !received.empty() && received.back() == '\r';
    return is_clean(cut ? received.substr(0, received.size() - 1) : received) ? Framing{} : refused(400);
  }
  const std::string_view head = received.substr(0, end + k_head_end.size());
  if (!is_clean(head)) return refused(400);
  const Length length = length_of(head, sizes);
  if (length.refusal != 0) return refused(length.refusal);
  const std::size_t size = head.size() + length.bytes.value_or(0);
  return {.state = received.size() < size ? Framing::State::incomplete : Framing::State::complete,
          .size = size,
          .head = head.size()};
}

Answer answer(std::string_view request, std::size_t head, const std::string& address, const Handler& handler) {
  Answer given;
  std::string live;
  Memory stream(request, address);
  Server server;
  server.set_keep_alive_timeout(k_keep_alive_s);
  server.set_keep_alive_max_count(k_keep_alive_requests);
  const auto handle = [&](const httplib::Request& from, httplib::Response& to) {
    Response response = handler(request_of(from, request.substr(head), address));
    to.status = response.status;
    std::string head_of_live = fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n", response.type);
    for (const auto& [name, value] : response.headers) {
      if (!is_one_line(name) || !is_one_line(value)) continue;
      to.set_header(name, value);
      head_of_live += fmt::format("{}: {}\r\n", name, value);
    }
    if (response.live && from.method == "GET") live = head_of_live + "\r\n" + response.body;  // its length nobody knows
    if (!response.type.empty()) to.set_content(response.body, response.type);
  };
  server.set_pre_routing_handler([&](const httplib::Request& from, httplib::Response& to) {
    if (has_files(from)) return httplib::Server::HandlerResponse::Unhandled;  // it takes them apart first
    handle(from, to);
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Post(k_takes_files, handle);
  bool closed = false;
  const bool done = server.process(stream, closed);
  given.live = done && !live.empty();
  given.bytes = given.live ? std::move(live) : std::move(stream.written);
  given.close = closed || !done || given.bytes.empty();
  if (given.bytes.empty()) given.bytes = refusal(400);
  return given;
}

std::string refusal(int status) {
  const std::string body = fmt::format("{}\n", reason_of(status));
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nX-Content-Type-Options: nosniff\r\n"
      "Connection: close\r\n\r\n{}",
      status, reason_of(status), body.size(), body);
}

std::string path_part(std::string_view name) {
  std::string out;
  for (const char letter : name) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0 || letter == '-' || letter == '_' || letter == '.' || letter == '~')
      out += letter;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string decoded(std::string_view part) {
  return httplib::detail::decode_url(std::string(part), false);
}

Pairs form_pairs(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    pairs.emplace_back(httplib::detail::decode_url(std::string(part.substr(0, equals)), true),
                       httplib::detail::decode_url(std::string(part.substr(std::min(equals + 1, part.size()))), true));
  }
  return pairs;
}

}  // namespace web

#include "web/http.hpp"

#include <doctest/doctest.h>
#include <string>

using State = web::Framing::State;

namespace {

web::Framing framed(const std::string& text) {
  return web::framing_of(text, {.head = 1000, .body = 100});
}

std::string answered(const std::string& request, const web::Handler& handler) {
  const web::Framing framing = framed(request);
  REQUIRE(framing.state == State::complete);
  return web::answer(request, framing.head, "192.0.2.7", handler).bytes;
}

}  // namespace

TEST_CASE("a request is taken once it is whole, and what follows belongs to the next one") {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  CHECK(framed(get).size == get.size());
  CHECK(framed(get + post).size == get.size());
  CHECK(framed(post).size == post.size());
  for (std::size_t size = 0; size < post.size(); ++size) {
    CAPTURE(size);
    CHECK(framed(post.substr(0, size)).state == State::incomplete);
  }
}

TEST_CASE("what could be read as two different requests, or is none, is refused before anything is answered") {
  const auto refusal = [](const std::string& lines) {
    const web::Framing framing = framed("POST / HTTP/1.1\r\n" + lines + "\r\n");
    CHECK(framing.state == State::refused);
    return framing.refusal;
  };
  CHECK(refusal("Content-Length: 5\r\nContent-Length: 5\r\n") == 400);
  CHECK(refusal("Content-Length: 5, 6\r\n") == 400);
  CHECK(refusal("Content-Length: -5\r\n") == 400);
  CHECK(refusal("Content-Length: +5\r\n") == 400);
  CHECK(refusal("Content-Length: 0x5\r\n") == 400);
  CHECK(refusal("Content-Length:\r\n") == 400);
  CHECK(refusal("Content-Length : 5\r\n") == 400);
  CHECK(refusal("content-LENGTH: 101\r\n") == 413);
  CHECK(refusal("Content-Length: 99999999999999999999999\r\n") == 413);
  CHECK(refusal("Transfer-Encoding: chunked\r\n") == 411);
  CHECK(refusal("Host: a\r\n folded: b\r\n") == 400);
  CHECK(refusal("no colon\r\n") == 400);
  CHECK(refusal(": empty\r\n") == 400);
  CHECK(refusal("Host: a\nX: b\r\n") == 400);
  CHECK(refusal("Host: a\rX: b\r\n") == 400);
  CHECK(refusal(std::string("Host: a\0b\r\n", 11)) == 400);
  CHECK(framed("GET /" + std::string(2000, 'a')).refusal == 431);
  CHECK(framed("\x16\x03\x01").refusal == 400);  // somebody speaks TLS
}

TEST_CASE("a handler is given method, path, query, form and headers, decoded, and its answer is written whole") {
  web::Request seen;
  const std::string bytes = answered(
      "POST /scripts/a%2Fb%20c?x=1&x=2&y=%C3%A4+z HTTP/1.1\r\nHost: a\r\nX-Thing: T\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n\r\nreason=a%26b+c&",
      [&seen](const web::Request& request) {
        seen = request;
        return web::Response{.status = 409, .type = "text/plain", .body = "no", .headers = {{"X-Answer", "yes"}}};
      });
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/scripts/a/b c");
  CHECK(seen.query == web::Pairs{{"x", "1"}, {"x", "2"}, {"y", "ä z"}});
  CHECK(seen.field("reason") == "a&b c");
  CHECK(seen.header("x-thing") == "T");
  CHECK(seen.address == "192.0.2.7");
  CHECK(bytes.starts_with("HTTP/1.1 409 "));
  CHECK(bytes.find("X-Answer: yes\r\n") != std::string::npos);
  CHECK(bytes.ends_with("\r\n\r\nno"));
}

TEST_CASE("of a form with files each part is a field, byte for byte, and only where files are taken") {
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\na & b\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.lua\"\r\n\r\n1\r\n\n--c\xff\r\n--b--\r\n";
  const auto seen = [&body](const std::string& path, const std::string& type) {
    web::Request told;
    const std::string request = "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: " + type +
                                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    const web::Framing framing = web::framing_of(request, {.head = 1000, .body = 1000});
    REQUIRE(framing.state == State::complete);
    const std::string bytes = web::answer(request, framing.head, "192.0.2.7", [&told](const web::Request& given) {
                                told = given;
                                return web::Response{};
                              }).bytes;
    return std::pair(told.form, bytes.substr(0, bytes.find('\r')));
  };
  const auto [form, status] = seen("/scripts", "multipart/form-data; boundary=b");
  CHECK(status == "HTTP/1.1 200 OK");
  CHECK(web::find(form, "reason") == "a & b");
  CHECK(web::find(form, "file") == "1\r\n\n--c\xff");
  CHECK(web::find(form, "file.filename") == "x.lua");
  CHECK(seen("/run", "multipart/form-data; boundary=b").first.empty());
  for (const char* type : {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=c"})
    CHECK(seen("/scripts", type).second.starts_with("HTTP/1.1 400"));
}

TEST_CASE("a header that would begin another line is left out") {
  const std::string bytes = answered("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [](const web::Request&) {
    return web::Response{.type = "text/plain", .body = "x", .headers = {{"Location", "/a\r\nSet-Cookie: b"}}};
  });
  CHECK(bytes.find("Set-Cookie") == std::string::npos);
}

TEST_CASE("an answer to HEAD has no body, and one that stays open has no length") {
  const web::Handler handler = [](const web::Request& request) {
    CHECK(request.method == "GET");
    return web::Response{
        .type = "text/event-stream", .body = "retry: 1\n\n", .headers = {}, .live = request.path == "/live"};
  };
  const std::string head = answered("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", handler);
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(head.find("Content-Length: 10\r\n") != std::string::npos);
  const std::string request = "GET /live HTTP/1.1\r\nHost: a\r\n\r\n";
  const web::Answer live = web::answer(request, request.size(), "unix", handler);
  CHECK(live.live);
  CHECK(live.bytes.find("Content-Length") == std::string::npos);
  CHECK(live.bytes.ends_with("\r\n\r\nretry: 1\n\n"));
}

TEST_CASE("a request for a part, or for a packed answer, is given the whole as it is") {
  const std::string bytes =
      answered("GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=1-1\r\nAccept-Encoding: br, gzip\r\n\r\n",
               [](const web::Request&) { return web::Response{.type = "text/html", .body = "<p>abc", .headers = {}}; });
  CHECK(bytes.starts_with("HTTP/1.1 200 "));
  CHECK(bytes.ends_with("\r\n\r\n<p>abc"));
}

TEST_CASE("names of scripts survive the way through an address") {
  for (const std::string name : {"007_a b.lua", "a/b", "100%.lua", "ä\"<&>'.lua", "..", "+", "\n"})
    CHECK(web::decoded(web::path_part(name)) == name);
}

#include "web/access.hpp"

#include <doctest/doctest.h>
#include <string>

#include "base/hash.hpp"

using web::Access;
using web::Request;

namespace {

constexpr const char* k_token = "fettle_secret";

Access access_of(bool behind_proxy = false) {
  return Access({.hosts = {"localhost", "127.0.0.1", "::1", "fettle.example.org"}, .behind_proxy = behind_proxy});
}

void teach(Access& access, core::Scope scope = core::Scope::run, std::optional<base::Instant> expires = {}) {
  access.learn({{"anna", scope, base::sha256_hex(k_token), expires}});
}

Request request(web::Pairs headers = {}) {
  Request made;
  made.method = "POST";
  made.headers = std::move(headers);
  made.address = "192.0.2.7";
  if (!web::find(made.headers, "host")) made.headers.emplace_back("host", "localhost:8017");
  return made;
}

std::string cookie_in(const std::string& set_cookie) {
  return set_cookie.substr(0, set_cookie.find(';'));
}

}  // namespace

TEST_CASE("only names that the page goes by are answered, whatever port stands behind them") {
  const Access access = access_of();
  for (const char* host : {"localhost:8017", "LOCALHOST", "127.0.0.1:1", "[::1]:8017", "fettle.example.org"}) {
    CAPTURE(host);
    Request one = request({{"host", host}});
    CHECK_FALSE(access.refuses(one));
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example", "[::1", "::1"}) {
    CAPTURE(host);
    Request one = request({{"host", host}});
    CHECK(access.refuses(one));
  }
  Request twice = request({{"host", "localhost"}, {"host", "evil.example"}});
  CHECK(access.refuses(twice)->status == 400);
}

TEST_CASE("behind a proxy only what came by https is answered, and the address is the one that the proxy saw") {
  const Access access = access_of(true);
  Request plain = request();
  CHECK(access.refuses(plain)->status == 403);
  Request one = request({{"x-forwarded-proto", "https"}, {"x-forwarded-for", "203.0.113.9, 198.51.100.4"}});
  CHECK_FALSE(access.refuses(one));
  CHECK(one.address == "198.51.100.4");
  Request direct = request({{"x-forwarded-for", "203.0.113.9"}});
  CHECK_FALSE(access_of().refuses(direct));
  CHECK(direct.address == "192.0.2.7");
}

TEST_CASE("a token in the header lets its owner in, with its scope; a wrong one is refused") {
  Access access = access_of();
  teach(access);
  const auto entry = access.enter(request({{"authorization", std::string("Bearer ") + k_token}}));
  REQUIRE(entry.viewer);
  CHECK(entry.viewer->name == "anna");
  CHECK(entry.viewer->may(core::Scope::run));
  CHECK_FALSE(entry.viewer->may(core::Scope::admin));
  for (const char* words : {"Bearer x", "Bearer ", "Basic YTpi", "fettle_secret", "bearer fettle_secret"}) {
    CAPTURE(words);
    CHECK(access.enter(request({{"authorization", words}})).refusal->status == 401);
  }
  CHECK_FALSE(access.enter(request()).viewer);
}

TEST_CASE("a token that was made a moment ago is looked for again before it is refused") {
  Access* itself = nullptr;
  int looks = 0;
  Access access({.hosts = {"localhost"}}, [&] {
    if (++looks == 2) teach(*itself);
  });
  itself = &access;
  const Request with_token = request({{"authorization", std::string("Bearer ") + k_token}});
  CHECK_FALSE(access.enter(with_token).viewer);
  CHECK(access.enter(with_token).viewer);
  CHECK(access.enter(with_token).viewer);
  CHECK(looks == 2);
}

TEST_CASE("a token that has expired or was revoked opens nothing, and ends the sessions that it began") {
  Access access = access_of();
  teach(access, core::Scope::run, base::Instant{1000});
  CHECK(access.enter(request({{"authorization", std::string("Bearer ") + k_token}})).refusal->status == 401);
  CHECK(access.sign_in(request(), k_token).cookie.empty());
  teach(access);
  const auto signed_in = access.sign_in(request(), k_token);
  const Request next = request({{"cookie", cookie_in(signed_in.cookie)}});
  CHECK(access.enter(next).viewer);
  access.learn({{"bert", core::Scope::run, base::sha256_hex("other"), {}}});
  CHECK_FALSE(access.enter(next).viewer);
  teach(access);
  CHECK_FALSE(access.enter(next).viewer);
}

TEST_CASE("a cookie that signs in is for this page only, and is gone after the sign-out") {
  Access access = access_of();
  teach(access);
  const auto signed_in = access.sign_in(request(), std::string(" ") + k_token + "\n");
  CHECK(signed_in.cookie.find("; HttpOnly") != std::string::npos);
  CHECK(signed_in.cookie.find("; SameSite=Lax") != std::string::npos);
  CHECK(signed_in.cookie.find("Secure") == std::string::npos);
  const Request next = request({{"cookie", "a=b; " + cookie_in(signed_in.cookie)}});
  REQUIRE(access.enter(next).viewer);
  CHECK(access.enter(next).viewer->csrf.size() == 64);
  CHECK(access.sign_out(next).find("Max-Age=0") != std::string::npos);
  CHECK_FALSE(access.enter(next).viewer);

  Access secure = access_of(true);
  teach(secure);
  const std::string cookie = secure.sign_in(request(), k_token).cookie;
  CHECK(cookie.starts_with("__Host-fettle="));
  CHECK(cookie.find("; Secure") != std::string::npos);
}

TEST_CASE("what changes something must come from a page that this sign-in was given") {
  Access access = access_of();
  teach(access);
  const std::string cookie = cookie_in(access.sign_in(request(), k_token).cookie);
  const web::Viewer viewer = *access.enter(request({{"cookie", cookie}})).viewer;
  const auto refused = [&](web::Pairs headers, const std::string& csrf) {
    Request one = request(std::move(headers));
    if (!csrf.empty()) one.form.emplace_back("csrf", csrf);
    return access.refuses_change(one, viewer).has_value();
  };
  CHECK_FALSE(refused({}, viewer.csrf));
  CHECK_FALSE(refused({{"x-csrf-token", viewer.csrf}}, ""));
  CHECK_FALSE(refused({{"origin", "http://localhost:8017"}, {"sec-fetch-site", "same-origin"}}, viewer.csrf));
  CHECK(refused({}, ""));
  CHECK(refused({}, "x"));
  CHECK(refused({{"origin", "http://evil.example"}}, viewer.csrf));
  CHECK(refused({{"origin", "http://localhost:9999"}}, viewer.csrf));
  CHECK(refused({{"origin", "null"}}, viewer.csrf));
  CHECK(refused({{"sec-fetch-site", "cross-site"}}, viewer.csrf));
  CHECK(refused({{"sec-fetch-site", "same-site"}}, viewer.csrf));
  const web::Viewer program{"anna", core::Scope::run, {}};
  CHECK_FALSE(access.refuses_change(request(), program));
  CHECK(access.refuses_change(request({{"origin", "http://evil.example"}}), program));
}

TEST_CASE("who tries wrong tokens is not heard for a while, and others are") {
  Access access({.hosts = {"localhost"}, .most_failures = 3, .forgotten = std::chrono::milliseconds(300)});
  teach(access);
  for (int count = 0; count < 3; ++count) CHECK(access.sign_in(request(), "x").refusal.status == 401);
  CHECK(access.sign_in(request(), k_token).refusal.status == 429);
  CHECK(access.enter(request({{"authorization", std::string("Bearer ") + k_token}})).refusal->status == 429);
  Request other = request();
  other.address = "192.0.2.8";
  CHECK_FALSE(access.sign_in(other, k_token).cookie.empty());
}

TEST_CASE("there are at most so many sessions: the one that ends first makes room") {
  Access access({.hosts = {"localhost"}, .most_sessions = 2});
  teach(access);
  std::vector<std::string> cookies;
  for (int count = 0; count < 3; ++count) cookies.push_back(cookie_in(access.sign_in(request(), k_token).cookie));
  CHECK_FALSE(access.enter(request({{"cookie", cookies[0]}})).viewer);
  CHECK(access.enter(request({{"cookie", cookies[1]}})).viewer);
  CHECK(access.enter(request({{"cookie", cookies[2]}})).viewer);
}

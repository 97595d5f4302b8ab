#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

TEST_CASE("instants are written in UTC with milliseconds") {
  CHECK(base::iso8601({0}) == "1970-01-01T00:00:00.000Z");
  CHECK(base::iso8601({1'795'256'940'123}) == "2026-11-21T10:29:00.123Z");
  CHECK(base::iso8601({-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(base::iso8601({-1000}) == "1969-12-31T23:59:59.000Z");
  CHECK(base::iso8601({951'782'400'007}) == "2000-02-29T00:00:00.007Z");
}

TEST_CASE("people see local time") {
  const char* before = std::getenv("TZ");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("TZ", "CET-1", 1);
  ::tzset();
  const std::string shown = base::local_time({1'795'256'940'123});
  before != nullptr ? ::setenv("TZ", saved.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
  CHECK(shown == "2026-11-21 11:29:00");
}

TEST_CASE("SHA-256 gives the published values") {
  CHECK(base::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(base::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(base::sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(base::sha256_hex(std::string("a\0b", 3)) != base::sha256_hex("a"));
}

TEST_CASE("a JSON string is quoted, and bytes that are not UTF-8 are replaced") {
  CHECK(base::json_quote("a\"\\\n\x01") == "\"a\\\"\\\\\\n\\u0001\"");
  CHECK(base::json_quote("\u00e4") == "\"\u00e4\"");
  CHECK(base::json_quote("a\xff") == "\"a\uFFFD\"");
  CHECK(base::json_quote(std::string(1, '\0')) == "\"\\u0000\"");
}

TEST_CASE("well-formed JSON of limited depth is told from anything else") {
  for (const char* good : {"null", "1", "-1.5e3", "\"x\"", "[]", "[1,[2]]", R"({"a":{"b":[]}})", " [ ] "}) {
    CAPTURE(good);
    CHECK(base::is_json(good, 3));
  }
  for (const char* bad : {"", " ", "[", "[1,]", "{a:1}", "[1]]", "nul", "'x'", "[1] [2]", "\"\xff\"", "01"}) {
    CAPTURE(bad);
    CHECK_FALSE(base::is_json(bad, 3));
  }
  CHECK_FALSE(base::is_json("[[[[]]]]", 3));
  CHECK(base::is_json("[[[]],[[]]]", 3));
  CHECK_FALSE(base::is_json("[]", 0));
  CHECK(base::is_json("1", 0));
}

TEST_CASE("JSON nested a million deep is refused without harm") {
  CHECK_FALSE(base::is_json(std::string(1'000'000, '['), 100));
  CHECK_FALSE(base::is_json(std::string(1'000'000, '[') + std::string(1'000'000, ']'), 100));
}

TEST_CASE("each kind of error has its exit code") {
  using base::ErrorKind;
  CHECK(base::exit_code(ErrorKind::internal) == 1);
  CHECK(base::exit_code(ErrorKind::ledger_broken) == 1);
  CHECK(base::exit_code(ErrorKind::io) == 1);
  CHECK(base::exit_code(ErrorKind::usage) == 2);
  CHECK(base::exit_code(ErrorKind::config) == 2);
  CHECK(base::exit_code(ErrorKind::lock_held) == 5);
  CHECK(base::exit_code(ErrorKind::target_unreachable) == 6);
}

TEST_CASE("an error of the system carries its text, the state and the next step") {
  errno = ENOSPC;
  try {
    base::throw_errno(base::ErrorKind::io, "cannot write x", "Nothing was run.", "Free some space.");
  } catch (const base::Error& fault) {
    CHECK(fault.kind() == base::ErrorKind::io);
    CHECK(std::string(fault.what()) == "cannot write x: No space left on device");
    CHECK(fault.state() == "Nothing was run.");
    CHECK(fault.next() == "Free some space.");
  }
}

// What those who listen to /live are told, by the built program.
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "support/served.hpp"

using support::bearer;
using support::ServedSite;

TEST_CASE("who listens is told of a change, and once more when no page from before it is given any longer") {
  const ServedSite site;
  const std::string token = bearer(site.token("anna", "read"));
  const os::Fd line = site.connect();
  support::say(line, "GET /live HTTP/1.1\r\nHost: localhost\r\n" + token + "\r\n");
  CHECK(support::heard(line, "retry: 1000\n\n").find("200 OK") != std::string::npos);
  (void)support::heard(line, {}, support::Seconds(4));  // the token itself was a change
  std::filesystem::create_directory(site.path("fix-scripts/x"));
  const std::string change = "event: change\ndata: {}\n\n";
  CHECK(support::heard(line, change) == change);
  CHECK(support::heard(line, change, support::Seconds(10)) == change);
  CHECK(support::heard(line, change, support::Seconds(3)).empty());
}

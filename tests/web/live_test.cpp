// What those are told who watch: listeners of /live, and monitors. By the built program.
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/child.hpp"
#include "support/served.hpp"
#include "support/skip.hpp"

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

TEST_CASE("a full disk is told to monitors, the page goes on, what is pressed says what happened, and room ends it") {
  const support::Scratch scratch;
  std::filesystem::create_directory(scratch.path("disk"));
  const support::TinyDisk disk(scratch.path("disk"), std::size_t{16} << 20U);
  if (!disk.mounted()) return support::skip("a small tmpfs cannot be mounted here");
  const ServedSite site("[ledger]\npath = \"" + scratch.path("disk/ledger.db") + "\"\n");
  const std::string token = bearer(site.token("anna", "run"));
  site.write("fix-scripts/001.lua", support::k_good);
  CHECK(site.get("/readyz").status == 200);
  std::ofstream(scratch.path("disk/fill")) << std::string(std::size_t{16} << 20U, 'x');
  CHECK(site.get("/healthz").status == 200);
  CHECK(site.get("/readyz").status == 503);
  CHECK(site.get("/readyz").body == "the disk of the ledger is full\n");
  CHECK(site.get("/", token).body.find("Database updates available") != std::string::npos);
  const auto run = site.post("/api/v1/runs", "{}", token);
  CHECK(run.status == 500);
  CHECK(run.json().at("result").at("error").at("next").get<std::string>().starts_with("free space on the disk"));
  CHECK(site.exists("fix-scripts/001.lua"));
  CHECK(site.sql("select count(*) from ran") == "0");
  std::filesystem::remove(scratch.path("disk/fill"));
  CHECK(site.get("/readyz").status == 200);
  CHECK(site.done("/api/v1/runs", "{}", token).at("exit_code") == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
}

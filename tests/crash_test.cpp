// A short part of the fault injection: only some of the calls of a run. tools/crash tries them all.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "support/program.hpp"
#include "support/skip.hpp"

namespace {

constexpr int k_skipped = 77;
#ifdef FETTLE_SANITIZED
constexpr const char* k_step = "41";
#else
constexpr const char* k_step = "7";
#endif

// In memory where there is /dev/shm: the driver's own choice of a folder.
support::Ended crash(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FETTLE_CRASH_DRIVER);
  arguments.insert(arguments.end(), {"--fettle", support::fettle_binary()});
  return support::run({.command = std::move(arguments), .directory = "/", .environment = {}}, support::Seconds(600));
}

void check_no_violation(const support::Ended& ended) {
  INFO(ended.out);
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out.find(" points") != std::string::npos);
}

}  // namespace

TEST_CASE("crash: whenever everything is killed, the next run sets all right, and every effect is there once") {
  check_no_violation(crash({"--fault", "kill", "--every", k_step, "--from", "1"}));
  check_no_violation(crash({"--fault", "kill", "--every", k_step, "--from", "3", "--journal", "wal"}));
}

TEST_CASE("crash: whichever single call fails with an I/O error, no effect is doubled and no file is lost") {
  check_no_violation(crash({"--fault", "eio", "--every", k_step, "--from", "2"}));
  check_no_violation(crash({"--fault", "eio", "--every", k_step, "--from", "4", "--journal", "wal"}));
}

TEST_CASE("crash: whenever the power fails, with ledger and target on two disks, every effect is there once") {
  const support::Ended ended = crash({"--fault", "power", "--layout", "two", "--every", "23", "--from", "5"});
  if (ended.status == k_skipped) return support::skip("a disk whose power can be cut cannot be mounted here");
  check_no_violation(ended);
}

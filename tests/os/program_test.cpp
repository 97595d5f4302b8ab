#include "os/program.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "os/spin.hpp"
#include "support/scratch.hpp"

TEST_CASE("a program is started with its text and its end of the channel, and with no other descriptor") {
  const support::Scratch scratch;
  const int secret = ::open(scratch.path("secret").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string script =
      "cat /proc/self/fd/4 > text; [ -S /proc/self/fd/3 ] && echo channel >> text; ls -l /proc/self/fd | grep -c "
      "secret "
      ">> text; exit 7";
  const std::string here = "cd " + scratch.path() + "; " + script;
  os::Program program = os::start_program("/bin/sh", {"sh", "-c", here}, "handed over\n");
  const int status = os::reap(program);
  ::close(secret);
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(scratch.read("text") == "handed over\nchannel\n0\n");
}

TEST_CASE("a program is in a process group of its own and hears the signals that it is sent") {
  const os::Program program =
      os::start_program("/bin/sh", {"sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; done"}, "");
  CHECK(::getpgid(static_cast<pid_t>(program.pid)) == program.pid);
  ::usleep(200'000);
  os::signal_program(program, SIGTERM);
  CHECK(WEXITSTATUS(os::reap(program)) == 9);
}

TEST_CASE("what cannot be started ends at once") {
  try {
    os::start_program("/no/such/program", {"x"}, "");
    FAIL("it was started");
  } catch (const std::exception& fault) {
    CHECK(std::string(fault.what()).find("cannot start") != std::string::npos);
  }
}

TEST_CASE("a spin that sees nothing is left out more and more often, and comes back with the first success") {
  os::Spin spin = os::Spin::for_this_machine();
  int looks = 0;
  const auto blind = [&looks] {
    ++looks;
    return false;
  };
  if (spin.sees([] { return true; })) {
    int tried = 0;
    for (int count = 0; count < 200; ++count) {
      looks = 0;
      CHECK_FALSE(spin.sees(blind));
      tried += looks > 0 ? 1 : 0;
    }
    CHECK(tried >= 6);
    CHECK(tried <= 10);
    int left_out = 0;
    while (!spin.sees([] { return true; })) ++left_out;
    CHECK(left_out <= 63);
    CHECK(spin.sees([] { return true; }));
  } else {
    CHECK_FALSE(spin.sees(blind));  // one processor: there is nothing to look for
    CHECK(looks == 0);
  }
}

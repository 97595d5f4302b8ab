#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/host.hpp"
#include "os/lock.hpp"
#include "os/log.hpp"
#include "os/signals.hpp"
#include "support/child.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int some_descriptor() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  return fd;
}

}  // namespace

TEST_CASE("a descriptor is closed once, by its last owner") {
  const int number = some_descriptor();
  {
    os::Fd first(number);
    os::Fd second(std::move(first));
    CHECK_FALSE(first);
    CHECK(second.get() == number);
    first = std::move(second);
    CHECK(first.get() == number);
    os::Fd& same = first;
    first = std::move(same);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("a descriptor that was released or replaced is no longer ours or no longer open") {
  os::Fd fd(some_descriptor());
  const int released = fd.release();
  CHECK_FALSE(fd);
  CHECK(is_open(released));
  fd.reset(released);
  fd.reset();
  CHECK_FALSE(is_open(released));
}

TEST_CASE("the run lock has one holder, and everybody can see that it is held") {
  const support::Scratch scratch;
  CHECK_FALSE(os::is_locked(scratch.path()));
  auto lock = os::try_lock(scratch.path());
  REQUIRE(lock);
  CHECK(os::is_locked(scratch.path()));
  CHECK_FALSE(os::try_lock(scratch.path()));
  CHECK(support::in_child([&] { return os::try_lock(scratch.path()) ? 1 : 2; }) == 2);
  lock.reset();
  CHECK_FALSE(os::is_locked(scratch.path()));
  CHECK(os::try_lock(scratch.path()));
}

TEST_CASE("asking whether the lock is held takes nothing") {
  const support::Scratch scratch;
  CHECK_FALSE(os::is_locked(scratch.path()));
  CHECK_FALSE(os::is_locked(scratch.path()));
  CHECK(os::try_lock(scratch.path()));
}

TEST_CASE("the lock outlives its taker for as long as a child holds the descriptor") {
  const support::Scratch scratch;
  int ends[2] = {};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  auto lock = os::try_lock(scratch.path());
  REQUIRE(lock);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[1]);
    char end = 0;
    ::_exit(::read(ends[0], &end, 1) == 0 ? 0 : 1);
  }
  ::close(ends[0]);
  lock.reset();
  CHECK(os::is_locked(scratch.path()));
  ::close(ends[1]);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK_FALSE(os::is_locked(scratch.path()));
}

TEST_CASE("a killed holder leaves no lock behind") {
  const support::Scratch scratch;
  CHECK(support::in_child([&] {
          const auto lock = os::try_lock(scratch.path());
          ::raise(SIGKILL);
          return 0;
        }) == -SIGKILL);
  CHECK(os::try_lock(scratch.path()));
}

TEST_CASE("a lock in a folder that does not exist is an error, and nobody holds it") {
  const support::Scratch scratch;
  CHECK_FALSE(os::is_locked(scratch.path("nowhere")));
  CHECK_THROWS_AS(static_cast<void>(os::try_lock(scratch.path("nowhere"))), base::Error);
}

TEST_CASE("a stop signal arrives at the descriptor and is taken once") {
  CHECK(support::in_child([] {
          os::StopSignals signals;
          pollfd wait{signals.fd(), POLLIN, 0};
          if (signals.take() != 0 || ::poll(&wait, 1, 0) != 0) return 1;
          ::kill(::getpid(), SIGTERM);
          if (::poll(&wait, 1, 5000) != 1) return 2;
          if (signals.take() != SIGTERM || signals.take() != 0) return 3;
          ::kill(::getpid(), SIGINT);
          ::kill(::getpid(), SIGINT);
          return signals.take() == SIGINT && signals.take() == 0 ? 0 : 4;
        }) == 0);
}

TEST_CASE("a closed pipe and a broken lease do not kill") {
  CHECK(support::in_child([] {
          ::signal(SIGPIPE, SIG_DFL);
          ::signal(SIGIO, SIG_DFL);
          os::ignore_pipe_and_lease_signals();
          ::raise(SIGPIPE);
          ::raise(SIGIO);
          return 7;
        }) == 7);
}

TEST_CASE("a helper process ignores what a person types and blocks nothing") {
  CHECK(support::in_child([] {
          const os::StopSignals runner;
          os::reset_signals_in_helper();
          sigset_t blocked;
          ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
          if (::sigismember(&blocked, SIGINT) != 0 || ::sigismember(&blocked, SIGTERM) != 0) return 1;
          ::raise(SIGINT);
          ::raise(SIGTERM);
          return 7;
        }) == 7);
}

TEST_CASE("a deadline becomes a time for poll: never negative, rounded up, never too large") {
  CHECK(os::poll_timeout(os::Steady::now() - std::chrono::hours(1)) == 0);
  const int soon = os::poll_timeout(os::Steady::now() + std::chrono::milliseconds(500));
  CHECK(soon > 0);
  CHECK(soon <= 500);
  CHECK(os::poll_timeout(os::Steady::now() + std::chrono::hours(24 * 365)) == std::numeric_limits<int>::max());
}

TEST_CASE("the clocks go on") {
  const base::Instant before = os::now();
  const auto start = os::Steady::now();
  CHECK(before.milliseconds > 1'700'000'000'000);
  CHECK(os::now() >= before);
  CHECK(os::since(start).count() >= 0);
}

TEST_CASE("host and user are known by name") {
  CHECK_FALSE(os::host_name().empty());
  CHECK_FALSE(os::user_name().empty());
}

TEST_CASE("a user without a name is known by number") {
  if (!support::is_root()) return support::skip("needs root to become another user");
  CHECK(support::in_child([] {
          if (::setresuid(54321, 54321, 54321) != 0) return 1;
          return os::user_name() == "uid 54321" ? 7 : 2;
        }) == 7);
}

TEST_CASE("a process is known to exist or not") {
  CHECK(os::process_exists(::getpid()));
  CHECK(os::process_exists(1));
  CHECK_FALSE(os::process_exists(0));
  CHECK_FALSE(os::process_exists(-1));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK_FALSE(os::process_exists(child));
  CHECK_FALSE(os::process_exists(std::numeric_limits<std::int64_t>::max()));
}

TEST_CASE("the log has one escaped line for each message of its level") {
  const support::Scratch scratch;
  CHECK(support::in_child([&] {
          os::start_log({.level = "info", .file = scratch.path("fettle.log")});
          os::log_debug("not this");
          os::log_info("first\nforged line \x1b[31m");
          os::log_warning("second");
          return 0;
        }) == 0);
  const std::string text = scratch.read("fettle.log");
  CHECK(text.find("not this") == std::string::npos);
  CHECK(text.find("info") != std::string::npos);
  CHECK(text.find("first\\nforged line \\x1b[31m\n") != std::string::npos);
  CHECK(text.find("second\n") != std::string::npos);
}

TEST_CASE("a log of JSON lines has one object for each message, whatever is in it") {
  const support::Scratch scratch;
  CHECK(support::in_child([&] {
          os::start_log({.level = "info", .file = scratch.path("fettle.log"), .json = true});
          os::log_error("a \"quote\"\nand a line \x1b[31m \xff");
          return 0;
        }) == 0);
  const std::string text = scratch.read("fettle.log");
  CHECK(text.find('\n') == text.size() - 1);
  const auto line = nlohmann::json::parse(text, nullptr, false);
  REQUIRE(line.is_object());
  CHECK(line.at("level") == "error");
  CHECK(line.at("message") == "a \"quote\"\nand a line \x1b[31m \ufffd");
  CHECK(line.at("time").get<std::string>().ends_with("Z"));
}

TEST_CASE("a log that is full goes on in a new file, and the old ones are kept up to their number") {
  const support::Scratch scratch;
  CHECK(support::in_child([&] {
          os::start_log({.level = "info", .file = scratch.path("f.log"), .max_size = 4096, .keep = 2});
          for (int count = 0; count < 400; ++count) os::log_info("a line of the log that takes some room");
          return 0;
        }) == 0);
  CHECK(std::filesystem::file_size(scratch.path("f.log")) <= 4096);
  CHECK(std::filesystem::exists(scratch.path("f.1.log")));
  CHECK(std::filesystem::exists(scratch.path("f.2.log")));
  CHECK_FALSE(std::filesystem::exists(scratch.path("f.3.log")));
}

TEST_CASE("a log that was moved away begins anew when it is opened again") {
  const support::Scratch scratch;
  CHECK(support::in_child([&] {
          os::start_log({.level = "info", .file = scratch.path("f.log")});
          os::log_info("before");
          std::filesystem::rename(scratch.path("f.log"), scratch.path("f.log.1"));
          os::start_log({.level = "info", .file = scratch.path("f.log")});
          os::log_info("after");
          return 0;
        }) == 0);
  CHECK(scratch.read("f.log.1").find("after") == std::string::npos);
  CHECK(scratch.read("f.log").find("after") != std::string::npos);
}

TEST_CASE("a line for the journal begins with its priority") {
  const support::Scratch scratch;
  CHECK(support::in_child([&] {
          ::setenv("JOURNAL_STREAM", "8:1", 1);
          const int file = ::open(scratch.path("err").c_str(), O_WRONLY | O_CREAT, 0600);
          ::dup2(file, 2);
          os::start_log({.level = "info", .file = {}});
          os::log_info("well");
          os::log_error("ill");
          return 0;
        }) == 0);
  CHECK(scratch.read("err") == "<6>well\n<3>ill\n");
}

TEST_CASE("a log file that cannot be opened is an error of the configuration") {
  const support::Scratch scratch;
  scratch.write("file", "x");
  try {
    os::start_log({.level = "info", .file = scratch.path("file/fettle.log")});
    FAIL("a file was opened below a file");
  } catch (const base::Error& fault) {
    CHECK(fault.kind() == base::ErrorKind::config);
    CHECK_FALSE(fault.next().empty());
  }
}

#include "sandbox/zygote.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/error.hpp"
#include "os/channel.hpp"
#include "os/host.hpp"
#include "os/process.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace {

using core::Role;
using sandbox::Child;
using sandbox::Zygote;

constexpr std::chrono::seconds k_patience{30};

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause();
}

// Does what its settings say: "exit N", "sleep", "burn", "eat", "throw", "echo".
void obey(std::string_view settings, std::vector<os::Fd> descriptors) {
  if (settings == "sleep") sleep_for_ever();
  if (settings == "throw") {
    ::signal(SIGABRT, SIG_DFL);  // not that of the test program
    ::close(STDERR_FILENO);
    throw std::runtime_error("a role that throws");
  }
  if (settings == "burn")
    while (std::clock() < CLOCKS_PER_SEC / 20) {
    }
  if (settings == "eat") {
    std::string bytes(std::size_t{64} << 20U, 'x');
    ::_exit(bytes[bytes.size() / 2] == 'x' ? 0 : 1);
  }
  if (settings == "echo")
    for (const os::Fd& fd : descriptors) static_cast<void>(!::write(fd.get(), "hello", 5));
  if (settings.starts_with("exit ")) ::_exit(std::atoi(std::string(settings.substr(5)).c_str()));
}

sandbox::Roles roles() {
  return {obey, obey, {}};
}

}  // namespace

TEST_CASE("children that were ordered ahead come in the order of their orders") {
  Zygote zygote(roles());
  for (const char* status : {"exit 1", "exit 2", "exit 3"}) zygote.order(Role::worker, status, {});
  for (int status = 1; status <= 3; ++status) {
    const Child child = zygote.take_child();
    const auto ended = zygote.wait(child, k_patience);
    REQUIRE(ended);
    CHECK(WEXITSTATUS(ended->status) == status);
  }
}

TEST_CASE("a child that ends is reported with its status and what it used") {
  Zygote zygote(roles());
  const Child child = zygote.spawn(Role::worker, "exit 7", {});
  const auto ended = zygote.wait(child, k_patience);
  REQUIRE(ended);
  CHECK(WIFEXITED(ended->status));
  CHECK(WEXITSTATUS(ended->status) == 7);
  CHECK(ended->pid == child.pid);
  CHECK(zygote.wait(zygote.spawn(Role::worker, "burn", {}), k_patience)->cpu_microseconds > 30'000);
  CHECK(zygote.wait(zygote.spawn(Role::broker, "eat", {}), k_patience)->peak_memory > std::uint64_t{64} << 20U);
}

TEST_CASE("a child that was killed is reported as killed") {
  Zygote zygote(roles());
  const Child child = zygote.spawn(Role::worker, "sleep", {});
  CHECK_FALSE(zygote.wait(child, std::chrono::milliseconds(20)));
  os::kill_process(child.pidfd);
  const auto ended = zygote.wait(child, k_patience);
  REQUIRE(ended);
  CHECK(WIFSIGNALED(ended->status));
  CHECK(WTERMSIG(ended->status) == SIGKILL);
  CHECK(os::has_ended(child.pidfd));
}

TEST_CASE("children that end in another order than they began are each reported as themselves") {
  Zygote zygote(roles());
  std::vector<Child> children;
  for (int number = 0; number < 20; ++number)
    children.push_back(
        zygote.spawn(number % 2 == 0 ? Role::worker : Role::broker, "exit " + std::to_string(number), {}));
  for (int number = 19; number >= 0; --number) {
    const auto ended = zygote.wait(children[static_cast<std::size_t>(number)], k_patience);
    REQUIRE(ended);
    CHECK(WEXITSTATUS(ended->status) == number);
  }
}

TEST_CASE("every child ends when the holder of the zygote lets go") {
  std::vector<Child> children;
  {
    Zygote zygote(roles());
    for (int count = 0; count < 3; ++count) children.push_back(zygote.spawn(Role::worker, "sleep", {}));
    for (const Child& child : children) CHECK_FALSE(os::has_ended(child.pidfd));
  }
  for (const Child& child : children)
    CHECK(support::wait_until([&] { return os::has_ended(child.pidfd); }, support::Seconds(10)));
}

TEST_CASE("a child gets the descriptors that are meant for it and keeps nothing else of the zygote") {
  support::Scratch scratch;
  scratch.write("held", "x");
  const os::Fd held(::open(scratch.path("held").c_str(), O_RDONLY));
  Zygote zygote({[](std::string_view, std::vector<os::Fd> descriptors) {
                   int open = 0;
                   for (int fd = 3; fd < 1024; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
                   const std::string text = std::to_string(open) + " " + std::to_string(descriptors.size());
                   static_cast<void>(!::write(descriptors.at(0).get(), text.data(), text.size()));
                 },
                 obey,
                 {}});
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const os::Fd reader(pipe[0]);
  os::Fd writer(pipe[1]);
  const Child child = zygote.spawn(Role::worker, "", {writer.get(), writer.get()});
  writer.reset();
  REQUIRE(zygote.wait(child, k_patience));
  std::array<char, 32> text{};
  const ssize_t got = ::read(reader.get(), text.data(), text.size());
  REQUIRE(got > 0);
  CHECK(std::string(text.data(), static_cast<std::size_t>(got)) == "2 2");
}

TEST_CASE("SIGINT and SIGTERM do not end a helper, the runner alone decides") {
  Zygote zygote(roles());
  const Child child = zygote.spawn(Role::worker, "sleep", {});
  REQUIRE(support::wait_until([&] {  // until it has gone past its own beginnings
    const std::string status = support::read_file("/proc/" + std::to_string(child.pid) + "/status");
    return status.find("State:\tS") != std::string::npos;
  }));
  REQUIRE(::kill(static_cast<pid_t>(child.pid), SIGINT) == 0);
  REQUIRE(::kill(static_cast<pid_t>(child.pid), SIGTERM) == 0);
  CHECK_FALSE(zygote.wait(child, std::chrono::milliseconds(50)));
}

TEST_CASE("a role that throws dies in its own process and the zygote lives on") {
  Zygote zygote(roles());
  const pid_t before = ::getpid();
  const auto ended = zygote.wait(zygote.spawn(Role::worker, "throw", {}), k_patience);
  CHECK(::getpid() == before);
  REQUIRE(ended);
  CHECK(WIFSIGNALED(ended->status));
  CHECK(WTERMSIG(ended->status) == SIGABRT);
  CHECK(zygote.wait(zygote.spawn(Role::worker, "exit 3", {}), k_patience));
}

TEST_CASE("a zygote that was killed is an error with a next step, and its children are gone") {
  Zygote zygote(roles());
  const Child child = zygote.spawn(Role::worker, "sleep", {});
  const std::vector<pid_t> mine = support::children_of(::getpid());
  pid_t parent = 0;
  for (const pid_t each : mine)
    for (const pid_t inner : support::children_of(each))
      if (inner == child.pid) parent = each;
  REQUIRE(parent > 0);
  REQUIRE(::kill(parent, SIGKILL) == 0);
  CHECK(support::wait_until([&] { return os::has_ended(child.pidfd); }, support::Seconds(10)));
  try {
    zygote.spawn(Role::worker, "exit 0", {});
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::internal);
    CHECK_FALSE(error.state().empty());
    CHECK_FALSE(error.next().empty());
  }
}

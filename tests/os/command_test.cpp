#include "os/command.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <unistd.h>

#include "os/fd.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace {

using How = os::CommandEnd::How;
using std::chrono::milliseconds;

os::CommandEnd run(const std::string& text, std::string_view input = {}, milliseconds limit = milliseconds(30'000)) {
  return os::run_command({.text = text, .directory = "/", .environment = {}, .input = input, .limit = limit}, -1,
                         [] { return false; });
}

// Also when nobody has waited for it yet.
bool is_gone(const std::string& pid) {
  const std::string stat = support::read_file(fmt::format("/proc/{}/stat", pid.substr(0, pid.find('\n'))));
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.substr(name_end, 3) == ") Z";
}

}  // namespace

TEST_CASE("command: what it reads, says, and how it ends") {
  const support::Scratch scratch;
  const os::CommandEnd end = os::run_command({.text = "cat; pwd; echo \"$COLOUR $PATH\"; echo bad >&2; exit 7",
                                              .directory = scratch.path(),
                                              .environment = {{"COLOUR", "red"}, {"PATH", "/usr/bin:/bin"}},
                                              .input = "handed over\n",
                                              .limit = milliseconds(30'000)},
                                             -1, [] { return false; });
  CHECK(end.how == How::exited);
  CHECK(end.code == 7);
  CHECK(end.output == "handed over\n" + scratch.path() + "\nred /usr/bin:/bin\nbad\n");
  CHECK(run("kill -9 $$").how == How::killed);
  CHECK(run("kill -9 $$").code == SIGKILL);
  CHECK(run("no-such-program-here").code == 127);
}

TEST_CASE("command: one that cannot be started says why") {
  const os::CommandEnd end = os::run_command(
      {.text = "true", .directory = "/no/such/folder", .environment = {}, .input = {}, .limit = milliseconds(1000)}, -1,
      [] { return false; });
  CHECK(end.how == How::not_started);
  CHECK(end.fault == "No such file or directory");
}

TEST_CASE("command: it has three descriptors, no terminal, and signals as programs expect them") {
  const support::Scratch scratch;
  const os::Fd secret(::open(scratch.path("secret").c_str(), O_RDWR | O_CREAT, 0600));
  sigset_t some, before;
  sigemptyset(&some);
  sigaddset(&some, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &some, &before);
  const auto pipe = std::signal(SIGPIPE, SIG_IGN);
  const os::CommandEnd end =
      run("ls -l /proc/self/fd | awk '{ print $9 }' | tr '\\n' ' '; grep -E '^Sig(Blk|Ign)' /proc/self/status; "
          "(: < /dev/tty) 2>/dev/null || echo no terminal; ps -o pgid=,sid= -p $$ | grep -c \"^ *$$  *$$\"");
  std::signal(SIGPIPE, pipe);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  CHECK(end.output.starts_with(" 0 1 2 3 SigBlk:\t0000000000000000\n"));  // 3 is what ls itself has opened
  CHECK(end.output.ends_with("\nno terminal\n1\n"));
  const std::size_t ignored = end.output.find("SigIgn:\t");
  REQUIRE(ignored != std::string::npos);
  constexpr std::uint64_t k_of_the_library = 0x180000000;  // 32 and 33
  CHECK((std::stoull(end.output.substr(ignored + 8), nullptr, 16) & ~k_of_the_library) == 0);
}

TEST_CASE("command: an input that is not read, or read in part, neither stalls nor ends its parent") {
  const std::string large(std::size_t{4} << 20U, 'x');
  CHECK(run("exec <&-; echo done", large).output == "done\n");
  CHECK(run("head -c 3", large).output == "xxx");
  CHECK(run("wc -c", large).output == "4194304\n");
  CHECK(run("echo more >> /proc/self/fd/0", large).code != 0);  // nor can it be written to
}

TEST_CASE("command: what it leaves in the background lives on, and is not waited for") {
  const os::CommandEnd end = run("sleep 300 & echo $!");
  CHECK(end.how == How::exited);
  CHECK(end.code == 0);
  CHECK(end.duration < std::chrono::seconds(60));
  CHECK_FALSE(is_gone(end.output));
  ::kill(std::stoi(end.output), SIGKILL);
}

TEST_CASE("command: at its limit its whole group is told to end, and killed when it does not") {
  const os::CommandEnd gentle = run("trap 'echo bye; exit 0' TERM; sleep 300 & echo $!; wait", {}, milliseconds(1500));
  CHECK(gentle.how == How::timed_out);
  CHECK(gentle.output.ends_with("\nbye\n"));
  CHECK(support::wait_until([&] { return is_gone(gentle.output); }));
  const os::CommandEnd stubborn =
      run("trap '' TERM; (trap '' TERM; exec >/dev/null 2>&1; while :; do sleep 0.05; done) & echo $!; sleep 300; "
          "while :; do sleep 1; done",
          {}, milliseconds(1500));
  CHECK(stubborn.how == How::timed_out);
  CHECK(support::wait_until([&] { return is_gone(stubborn.output); }));
}

TEST_CASE("command: one that only its own children outlive is not waited for longer than the grace") {
  const os::CommandEnd end =
      run("(trap '' TERM; while :; do sleep 0.05; done) & echo $!; sleep 300", {}, milliseconds(1500));
  CHECK(end.how == How::timed_out);
  CHECK(end.duration < std::chrono::seconds(30));
  CHECK(support::wait_until([&] { return is_gone(end.output); }));
}

TEST_CASE("command: it is ended when its caller says so, and only then") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const os::Fd reads(ends[0]), writes(ends[1]);
  int asked = 0;
  REQUIRE(::write(writes.get(), "ab", 2) == 2);
  const os::CommandEnd end = os::run_command(
      {.text = "sleep 300", .directory = "/", .environment = {}, .input = {}, .limit = milliseconds(60'000)},
      reads.get(), [&] {
        char letter = 0;
        CHECK(::read(reads.get(), &letter, 1) == 1);
        return ++asked == 2;
      });
  CHECK(end.how == How::stopped);
  CHECK(asked == 2);
  CHECK(end.duration < std::chrono::seconds(30));
}

TEST_CASE("command: its end is learned also where children are not waited for") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const os::CommandEnd end = run("exit 3");
  std::signal(SIGCHLD, before);
  CHECK(end.how == How::exited);
  CHECK(end.code == 3);
}

TEST_CASE("command: of much that it says the first and the last lines are kept") {
  const os::CommandEnd end = run("seq 1000000");
  CHECK(end.output.size() < 20'000);
  CHECK(end.output.starts_with("1\n2\n3\n"));
  CHECK(end.output.ends_with("\n999999\n1000000\n"));
  CHECK(end.output.find(" bytes more …\n") != std::string::npos);
  CHECK(run("exec yes", {}, milliseconds(200)).how == How::timed_out);
}

TEST_CASE("command: an excerpt says how much it leaves out, and cuts between lines") {
  const auto excerpt = [](std::initializer_list<std::string_view> pieces) {
    os::Excerpt text(8);
    for (const std::string_view piece : pieces) text.add(piece);
    return text.text();
  };
  CHECK(excerpt({}).empty());
  CHECK(excerpt({"all ", "of it\n"}) == "all of it\n");
  CHECK(excerpt({"0123456789abcdef"}) == "0123456789abcdef");
  CHECK(excerpt({"one\ntwo\nthree\nfour\nfive\n"}) == "one\ntwo\n… 11 bytes more …\nfive\n");
  CHECK(excerpt({"0123456789", "abcdefghijk"}) == "01234567\n… 5 bytes more …\ndefghijk");
  std::string numbers;
  os::Excerpt text(8);
  for (int number = 0; number < 100; ++number) text.add(fmt::format("{}\n", number));
  CHECK(text.text() == "0\n1\n2\n3\n… 276 bytes more …\n98\n99\n");
}

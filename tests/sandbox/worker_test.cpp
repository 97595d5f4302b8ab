#include "sandbox/worker.hpp"

#include <array>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>

#include "os/lockdown.hpp"
#include "os/process.hpp"
#include "sandbox/worker_bench.hpp"

using core::Cause;
using support::Told;
using support::WorkerBench;

namespace {

int exit_code_of(const std::optional<core::Ended>& ended) {
  if (!ended) return -1000;
  return WIFEXITED(ended->status) ? WEXITSTATUS(ended->status) : -WTERMSIG(ended->status);
}

constexpr std::uint64_t k_small = std::uint64_t{16} << 20U;

// How a worker ends that is told these bytes in place of a first message.
int end_after(std::string_view bytes) {
  WorkerBench bench;
  bench.start();
  REQUIRE(::send(bench.runner().fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  return exit_code_of(bench.end());
}

}  // namespace

TEST_CASE("a worker stands ready with every layer of its lock-down, and goes when it is not needed") {
  WorkerBench bench;
  const core::WorkerReady ready = bench.start();
  CHECK(ready.level.seccomp);
  CHECK(ready.level.no_new_privileges);
  CHECK(ready.level.limits);
  CHECK(ready.level.landlock_abi == os::landlock_version());
  CHECK(exit_code_of(bench.end()) == 0);
}

TEST_CASE("a script that wants more memory than it may have gets an error, and may go on with less") {
  WorkerBench bench(k_small);
  const Told told = bench.tell(support::script_with(R"lua(
    local ok, why = pcall(string.rep, "x", 1 << 30)
    local again = ("x"):rep(1 << 20)
    return { executed = true, ok = ok, why = why, n = #again }
  )lua"));
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(told.json().find(R"("ok":false)") != std::string::npos);
  CHECK(told.json().find("not enough memory") != std::string::npos);
  CHECK(told.json().find(R"("n":1048576)") != std::string::npos);
  CHECK(exit_code_of(bench.end()) == 0);
}

TEST_CASE("memory that runs out is told as that, in every phase") {
  constexpr const char* k_hoard = "local t = {} for i = 1, 1e9 do t[i] = { i } end";
  for (const std::string& script :
       {std::string(k_hoard), fmt::format("return {{ execute = print, shouldRun = function() {} end }}", k_hoard),
        support::script_with(k_hoard)}) {
    CAPTURE(script);
    WorkerBench bench(k_small);
    const Told told = bench.tell(script);
    REQUIRE(told.fault);
    CHECK(told.fault->cause == Cause::memory);
  }
}

TEST_CASE("a script that never stops asking for memory is ended with a code of its own") {
  for (const std::string body :
       {"while true do pcall(string.rep, 'x', 1 << 30) end",
        "local t = {} while true do pcall(function() while true do t[#t + 1] = ('x'):rep(100000) .. #t end end) end"}) {
    CAPTURE(body);
    WorkerBench bench(k_small);
    const Told told = bench.tell(support::script_with(body));
    CHECK_FALSE(told.result);
    CHECK_FALSE(told.fault);
    CHECK(exit_code_of(bench.wait()) == sandbox::k_exit_out_of_memory);
  }
}

TEST_CASE("an answer of the database that does not fit into memory is an error of the script") {
  WorkerBench bench(k_small);
  bench.broker = [](const os::Frame&, os::Channel& worker) {
    const core::Rows rows{5, {"c"}, {{std::string(std::size_t{4} << 20U, 'x')}}};
    worker.send(static_cast<std::uint8_t>(core::Kind::rows), encode(rows),
                os::Steady::now() + std::chrono::seconds(30));
  };
  const Told told = bench.tell(support::script_with("local all = db.query('x') return { executed = true }"));
  REQUIRE(told.fault);
  CHECK(told.fault->cause == Cause::memory);
}

TEST_CASE("a worker that hears what is no message ends itself, whatever comes") {
  CHECK(end_after(std::string(64, 'A')) == 0);  // no frame at all
  const std::string body = "nonsense";
  std::string frame("\x08\0\0\0\x10\0\x77\xF3", 8);  // a well-formed frame of kind load
  CHECK(end_after(frame + body) == sandbox::k_exit_protocol);
  frame[4] = 99;  // of no known kind
  CHECK(end_after(frame + body) == sandbox::k_exit_protocol);
  CHECK(end_after(frame.substr(0, 5)) == 0);         // a header that breaks off: the runner is gone
  CHECK(end_after(frame + body.substr(0, 3)) == 0);  // a body that breaks off
  CHECK(end_after(std::string("\xFF\xFF\xFF\xFF\x10\0\x77\xF3", 8)) == 0);  // longer than any frame
}

TEST_CASE("a worker ends when its broker is gone or answers nonsense") {
  const auto end_with = [](const std::function<void(const os::Frame&, os::Channel&)>& broker) {
    WorkerBench bench;
    bench.broker = broker;
    const Told told = bench.tell(support::script_with("db.query('x') return { executed = true }"));
    CHECK_FALSE(told.result);
    CHECK_FALSE(told.fault);
    return exit_code_of(bench.wait());
  };
  const auto send = [](os::Channel& worker, core::Kind kind, std::string_view body) {
    worker.send(static_cast<std::uint8_t>(kind), body, os::Steady::now() + std::chrono::seconds(30));
  };
  CHECK(end_with([](const os::Frame&, os::Channel& worker) { worker.close(); }) == sandbox::k_exit_protocol);
  CHECK(end_with([&](const os::Frame&, os::Channel& worker) { send(worker, core::Kind::rows, "short"); }) ==
        sandbox::k_exit_protocol);
  CHECK(end_with([&](const os::Frame&, os::Channel& worker) { send(worker, core::Kind::began, "short"); }) ==
        sandbox::k_exit_protocol);
}

TEST_CASE("a refusal of the database is an error with the statement, which a script can catch") {
  WorkerBench bench;
  bench.broker = [](const os::Frame&, os::Channel& worker) {
    worker.send(static_cast<std::uint8_t>(core::Kind::sql_fault), encode(core::SqlFault{"no such table: x"}),
                os::Steady::now() + std::chrono::seconds(30));
  };
  const Told told = bench.tell(support::script_with(
      "local ok, why = pcall(db.exec, 'delete from x')\nreturn { executed = true, ok = ok, why = why }"));
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(told.json().find(R"("ok":false)") != std::string::npos);
  CHECK(told.json().find("no such table: x\\n  in: delete from x") != std::string::npos);
}

TEST_CASE("an endless pattern and an endless loop end only with the process, and the kill is seen") {
  WorkerBench bench;
  bench.start();
  const core::Load load = bench.plain_load("while true do end");
  bench.runner().send(static_cast<std::uint8_t>(core::Kind::load), encode(load),
                      os::Steady::now() + std::chrono::seconds(5));
  os::kill_process(bench.child().pidfd);
  const auto ended = bench.wait();
  CHECK(exit_code_of(ended) == -SIGKILL);
}

TEST_CASE("hundreds of coroutines, deep recursion through C, and a closed chain crash nothing but themselves") {
  CHECK(support::value_of("(function() local n = 0 for i = 1, 10000 do coroutine.wrap(function() n = n + 1 end)() end "
                          "return n end)()") == "10000");
  CHECK(support::value_of("select(2, pcall(function() local function f() return string.gsub('a', 'a', f) end f() end))")
            .find("C stack overflow") != std::string::npos);
  CHECK(support::value_of("(function() local co co = coroutine.wrap(function() return co() end) return (pcall(co)) "
                          "end)()") == "false");
  CHECK(support::value_of("#table.concat({ ('x'):rep(1000, ','), db.quote('y') })") == "2002");
}

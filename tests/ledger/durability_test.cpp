#include <cerrno>
#include <cstdint>
#include <doctest/doctest.h>
#include <signal.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "ledger/ledger_fixture.hpp"
#include "support/child.hpp"
#include "support/skip.hpp"

using core::OutcomeKind;
using ledger::Ledger;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

struct Syncs {
  int count = 0;
  int fail_with = 0;  // errno of every further sync; 0: they work
};
Syncs g_syncs;

int sync_file(long call, int fd) {
  ++g_syncs.count;
  if (g_syncs.fail_with != 0) {
    errno = g_syncs.fail_with;
    return -1;
  }
  return static_cast<int>(::syscall(call, fd));
}

}  // namespace

// The test program's own, so that SQLite's syncs can be counted, and be made to fail as a broken disk does.
extern "C" int fsync(int fd) {
  return sync_file(SYS_fsync, fd);
}
extern "C" int fdatasync(int fd) {
  return sync_file(SYS_fdatasync, fd);
}

namespace {

struct FailingSyncs {
  explicit FailingSyncs(int error) { g_syncs.fail_with = error; }
  ~FailingSyncs() { g_syncs.fail_with = 0; }
};

template <class Work>
int syncs_of(Work work) {
  const int before = g_syncs.count;
  work();
  return g_syncs.count - before;
}

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  return bytes;
}

}  // namespace

TEST_CASE("an attempt costs two syncs, and one where its end is recorded with the next one's start") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  std::int64_t run = 0;
  std::int64_t attempt = 0;
  const core::Script script = script_of("x.lua", "return {}");
  CHECK(syncs_of([&] { run = ledger.begin_run(run_of("anna")); }) == 0);
  LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::succeeded));  // the first commit also makes the log

  CHECK(syncs_of([&] { attempt = ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = {1}}); }) ==
        1);
  ledger::Finished finished = ended(OutcomeKind::succeeded);
  finished.lines.assign(100, {{1}, core::LineLevel::info, "line"});
  CHECK(syncs_of([&] { ledger.finish_attempt(attempt, finished); }) == 1);
  CHECK(syncs_of([&] {
          ledger.set_moved_to(attempt, "successfully-ran/x.lua");
          ledger.moves_are_durable();
        }) == 0);
  CHECK(syncs_of([&] { (void)ledger.known("x.lua", script.sha256); }) == 0);
  CHECK(syncs_of([&] { attempt = ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = {1}}); }) ==
        1);
  CHECK(syncs_of([&] {
          attempt =
              ledger.finish_then_begin(attempt, finished, {.run = run, .script = script, .state = "new", .at = {1}});
        }) == 1);
  CHECK(syncs_of([&] { ledger.finish_attempt(attempt, finished); }) == 1);
  CHECK(syncs_of([&] { ledger.end_run(run, {.at = {3}, .scripts = 3, .exit_code = 0}); }) == 1);
}

TEST_CASE("a thousand attempts in one run cost hardly more than one sync each when they are chained") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const int syncs = syncs_of([&] {
    std::int64_t attempt =
        ledger.begin_attempt({.run = run, .script = script_of("0.lua", "0"), .state = "new", .at = {1}});
    for (int i = 1; i <= 1000; ++i) {
      const std::string text = std::to_string(i);
      attempt =
          ledger.finish_then_begin(attempt, ended(OutcomeKind::succeeded),
                                   {.run = run, .script = script_of(text + ".lua", text), .state = "new", .at = {1}});
      ledger.set_moved_to(attempt - 1, "successfully-ran/" + text + ".lua");
      ledger.moves_are_durable();
    }
  });
  CHECK(syncs >= 1001);
  CHECK(syncs <= 1100);
}

TEST_CASE("the log file is kept between runs, and nothing waits in it when nobody runs") {
  const LedgerFixture fixture;
  const auto one_run = [&] {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    LedgerFixture::attempt(ledger, run, script_of("x.lua", "return {}"), ended(OutcomeKind::succeeded));
    ledger.end_run(run, {});
  };
  one_run();
  const std::size_t size = fixture.scratch.read("state/ledger.db-wal").size();
  CHECK(size > 0);
  one_run();
  CHECK(fixture.scratch.read("state/ledger.db-wal").size() >= size);
  const std::string alone = fixture.scratch.path("copy.db");
  fixture.scratch.write("copy.db", fixture.scratch.read("state/ledger.db"));
  CHECK(ledger::History::open(alone)->attempts({}).size() == 2);
}

TEST_CASE("what was durable is there after a kill, and the rest is not half there") {
  const LedgerFixture fixture;
  const int answer = support::in_child([&] {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    const std::int64_t id = LedgerFixture::attempt(ledger, run, script_of("x.lua", ""), ended(OutcomeKind::succeeded));
    ledger.set_moved_to(id, "successfully-ran/x.lua");
    ledger.moves_are_durable();
    ledger.begin_run(run_of("bert"));
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  CHECK(answer == -SIGKILL);
  const ledger::History history = fixture.history();
  CHECK(history.attempt(1)->ended_as == OutcomeKind::succeeded);
  CHECK(history.attempt(1)->moved_to.empty());
  CHECK(history.last_run()->by == "anna");
}

TEST_CASE("a disk that fails to sync ends the ledger: nothing is tried again, nothing more is taken") {
  const LedgerFixture fixture;
  {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    LedgerFixture::attempt(ledger, run, script_of("x.lua", ""), ended(OutcomeKind::succeeded));
    const ledger::Intent intent{.run = run, .script = script_of("y.lua", ""), .state = "new", .at = {1}};
    {
      const FailingSyncs broken(EIO);
      try {
        ledger.begin_attempt(intent);
        FAIL("a failed sync went unnoticed");
      } catch (const base::Error& error) {
        CHECK(error.kind() == base::ErrorKind::ledger_broken);
        CHECK(std::string(error.what()).find(fixture.path) != std::string::npos);
        CHECK(error.state().find("nothing of y.lua was changed") != std::string::npos);
        CHECK_FALSE(error.next().empty());
      }
    }
    const int further = syncs_of([&] {
      CHECK_THROWS_AS(ledger.begin_attempt(intent), base::Error);
      CHECK_THROWS_AS(ledger.end_run(run, {}), base::Error);
      { const Ledger closed = std::move(ledger); }
    });
    CHECK(further == 0);
  }
  // What was written but not synced may turn up; it then says only that the attempt was begun.
  const ledger::History history = fixture.history();
  CHECK(history.attempt(1)->ended_as == OutcomeKind::succeeded);
  for (const ledger::Attempt& attempt : history.attempts({})) CHECK(attempt.ended_as.has_value() == (attempt.id == 1));
}

TEST_CASE("a full disk is told as such, and what was durable before is still there") {
  const LedgerFixture fixture;
  if (!support::is_root()) return support::skip("needs root to mount a small file system");
  fixture.scratch.make_folder("state");
  const support::TinyDisk disk(fixture.scratch.path("state"), 1U << 20U);
  if (!disk.mounted()) return support::skip("mounting is forbidden here");
  std::size_t durable = 0;
  std::int64_t begun = 0;
  {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    ledger::Finished finished = ended(OutcomeKind::failed);
    finished.outcome.error = noise(50'000);
    const auto fill = [&] {
      for (int i = 0; i < 1000; ++i) {
        const core::Script script = script_of(std::to_string(i) + ".lua", "");
        begun = ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = {1}});
        ledger.finish_attempt(begun, finished);
        ++durable;
      }
    };
    try {
      fill();
      FAIL("the disk never filled up");
    } catch (const base::Error& error) {
      CHECK(error.kind() == base::ErrorKind::ledger_broken);
      CHECK_MESSAGE(std::string(error.what()).find("full") != std::string::npos, std::string(error.what()));
      CHECK(error.next().find("free space") != std::string::npos);
    }
  }
  CHECK(durable > 3);
  {
    const ledger::History history = fixture.history();
    std::size_t whole = 0;
    for (const ledger::Attempt& attempt :
         history.attempts({.script = "", .outcome = OutcomeKind::failed, .run = 0, .limit = 0}))
      whole += attempt.outcome.error == noise(50'000) ? 1 : 0;
    CHECK(whole == durable);
    CHECK(history.attempts({.script = "", .outcome = {}, .run = 0, .limit = 0}).size() ==
          static_cast<std::size_t>(begun));
  }
}

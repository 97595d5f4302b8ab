#include "ledger/log_space.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <set>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "ledger/ledger_fixture.hpp"
#include "support/child.hpp"
#include "support/program.hpp"

using core::OutcomeKind;
using ledger::Ledger;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

namespace {

std::uintmax_t size_of_log(const LedgerFixture& fixture) {
  return std::filesystem::file_size(fixture.path + "-wal");
}

// Attempts of one run, chained as a run does it; the last one has not ended. Calls after_each() behind every commit.
template <class After>
std::int64_t chain_of(Ledger& ledger, int attempts, After after_each) {
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const auto intent = [&](int number) {
    const std::string text = std::to_string(number);
    return ledger::Intent{.run = run, .script = script_of(text + ".lua", text), .state = "new", .at = {1}};
  };
  std::int64_t attempt = ledger.begin_attempt(intent(1));
  after_each();
  for (int number = 2; number <= attempts; ++number) {
    attempt = ledger.finish_then_begin(attempt, ended(OutcomeKind::succeeded), intent(number));
    ledger.set_moved_to(attempt - 1, "successfully-ran/x.lua");
    ledger.moves_are_durable();
    after_each();
  }
  return attempt;
}

// Leaves a ledger behind as a kill does: what was committed is in the log, and zeros lie behind it.
void kill_a_run(const LedgerFixture& fixture, int attempts) {
  const int answer = support::in_child([&] {
    Ledger ledger = fixture.open();
    chain_of(ledger, attempts, [] {});
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  REQUIRE(answer == -SIGKILL);
}

std::size_t zeros_at_the_end(const std::string& bytes) {
  return bytes.size() - 1 - bytes.find_last_not_of('\0');
}

// What SQLite's own shell makes of a ledger and its log.
std::string shell(const std::string& path, const std::string& sql) {
  return support::run({.command = {"sqlite3", path, sql}, .directory = "/", .environment = {}}).out;
}

void check_copy(const LedgerFixture& fixture, const std::string& log, int attempts) {
  fixture.scratch.make_folder("copy");
  const std::string path = fixture.scratch.path("copy/ledger.db");
  const auto lay = [&] {
    std::filesystem::remove(path + "-shm");
    fixture.scratch.write("copy/ledger.db", fixture.scratch.read("state/ledger.db"));
    fixture.scratch.write("copy/ledger.db-wal", log);
  };
  lay();
  CHECK(shell(path, "PRAGMA integrity_check; SELECT count(*) FROM attempts") ==
        "ok\n" + std::to_string(attempts) + "\n");
  lay();
  Ledger ledger = Ledger::open(path);
  const auto left = ledger.unfinished();
  REQUIRE(left.size() == 1);
  ledger.finish_attempt(left[0].attempt, ended(OutcomeKind::interrupted));
  chain_of(ledger, 20, [] {});
  const ledger::History history = ledger::History::open(path).value();
  CHECK(history.about().attempts == attempts + 20);
  CHECK(history.verify({}).findings.empty());
}

}  // namespace

TEST_CASE("the log's file is made longer a few times in a run, not at every commit") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  std::set<std::uintmax_t> sizes;
  chain_of(ledger, 300, [&] { sizes.insert(size_of_log(fixture)); });
  CHECK(sizes.size() <= 12);
  CHECK(*sizes.rbegin() < 6U << 20U);
}

TEST_CASE("a single script does not pay for a long log") {
  const LedgerFixture fixture;
  {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    LedgerFixture::attempt(ledger, run, script_of("x.lua", "x"), ended(OutcomeKind::succeeded));
    ledger.end_run(run, {});
  }
  CHECK(size_of_log(fixture) < 200U << 10U);
}

TEST_CASE("zeros behind the log are no part of it, for fettle and for other tools, after a kill") {
  const LedgerFixture fixture;
  kill_a_run(fixture, 40);
  const std::string log = fixture.scratch.read("state/ledger.db-wal");
  CHECK(zeros_at_the_end(log) > 4120);
  check_copy(fixture, log, 40);
}

TEST_CASE("a power cut while the log is made longer leaves any part of it, or what lay there before") {
  const LedgerFixture fixture;
  kill_a_run(fixture, 40);
  const std::string log = fixture.scratch.read("state/ledger.db-wal");
  const std::size_t end = log.size() - zeros_at_the_end(log);
  const std::size_t frames_end = 32 + (end - 32 + 4119) / 4120 * 4120;
  REQUIRE(frames_end + 9000 < log.size());
  for (const std::size_t zeros :
       {std::size_t{0}, std::size_t{1}, std::size_t{23}, std::size_t{4119}, std::size_t{9000}}) {
    CAPTURE(zeros);
    check_copy(fixture, log.substr(0, frames_end + zeros), 40);
    check_copy(fixture, log.substr(0, frames_end) + std::string(zeros, '\x5a'), 40);
    check_copy(fixture, log.substr(0, frames_end) + log.substr(32, zeros), 40);
  }
}

TEST_CASE("a log that cannot be made longer ahead of time still takes what is committed") {
  const LedgerFixture fixture;
  const int answer = support::in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(run_of("anna"));
    const auto intent = [&](const std::string& text) {
      return ledger::Intent{.run = run, .script = script_of(text + ".lua", text), .state = "new", .at = {1}};
    };
    std::int64_t attempt = ledger.begin_attempt(intent("0"));
    const rlim_t limit = size_of_log(fixture) + 60'000;  // less than the first step, enough for one commit
    const struct rlimit files { limit, limit };
    ::setrlimit(RLIMIT_FSIZE, &files);
    attempt = ledger.finish_then_begin(attempt, ended(OutcomeKind::succeeded), intent("1"));
    return size_of_log(fixture) < limit ? 7 : 8;
  });
  CHECK(answer == 7);
  CHECK(fixture.history().about().attempts == 2);
}

TEST_CASE("after a long run the next who opens the ledger has little of its log to read") {
  const LedgerFixture fixture;
  for (int round = 0; round < 2; ++round) {
    Ledger ledger = fixture.open();
    const std::int64_t last = chain_of(ledger, 90, [] {});
    ledger.finish_attempt(last, ended(OutcomeKind::succeeded));
    ledger.set_moved_to(last, "successfully-ran/x.lua");
    ledger.moves_are_durable();
    ledger.end_run(round + 1, {});
  }
  const std::string told = shell(fixture.path, "PRAGMA wal_checkpoint(PASSIVE)");  // busy|frames|carried over
  REQUIRE(told.starts_with("0|"));
  CHECK(std::stoi(told.substr(2)) < 64);
  CHECK(fixture.history().verify({}).findings.empty());
}

TEST_CASE("a log that has become long is begun anew, also while somebody reads") {
  const LedgerFixture fixture;
  Ledger ledger = fixture.open();
  chain_of(ledger, 10, [] {});
  const ledger::History reader = fixture.history();
  CHECK(reader.about().attempts == 10);
  std::uintmax_t longest = 0;
  chain_of(ledger, 400, [&] { longest = std::max(longest, size_of_log(fixture)); });
  CHECK(longest < 8U << 20U);
  CHECK(reader.about().attempts == 410);
  CHECK(reader.verify({}).findings.empty());
}

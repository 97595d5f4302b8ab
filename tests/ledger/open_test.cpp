#include <algorithm>
#include <doctest/doctest.h>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "ledger/ledger_fixture.hpp"
#include "ledger/schema.hpp"
#include "support/child.hpp"
#include "support/skip.hpp"

using base::ErrorKind;
using core::OutcomeKind;
using ledger::History;
using ledger::Ledger;
using support::LedgerFixture;

namespace {

// What opening says; empty: it opened.
template <class Open>
base::Error refusal(Open open) {
  try {
    open();
  } catch (const base::Error& error) {
    return error;
  }
  return {ErrorKind::internal, ""};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_refused(const LedgerFixture& fixture, const std::string& reason) {
  const std::string before = fixture.scratch.read("state/ledger.db");
  const base::Error written = refusal([&] { (void)Ledger::open(fixture.path); });
  const base::Error read = refusal([&] { (void)History::open(fixture.path); });
  CHECK(written.kind() == ErrorKind::ledger_broken);
  CHECK(read.kind() == ErrorKind::ledger_broken);
  CHECK_MESSAGE(has(written.what(), reason), std::string(written.what()));
  CHECK_MESSAGE(has(read.what(), reason), std::string(read.what()));
  CHECK(has(written.what(), fixture.path));
  CHECK_FALSE(written.state().empty());
  CHECK_FALSE(written.next().empty());
  CHECK(fixture.scratch.read("state/ledger.db") == before);
}

void check_refused_untouched(const LedgerFixture& fixture, const std::string& reason) {
  const std::vector<std::string> files = fixture.scratch.list("state");
  check_refused(fixture, reason);
  CHECK(fixture.scratch.list("state") == files);
}

// The ledger's file without what lies beside it, as after a copy.
void leave_file_alone(const LedgerFixture& fixture) {
  for (const std::string& name : fixture.scratch.list("state"))
    if (name != "ledger.db") fixture.scratch.remove("state/" + name);
}

void let_everybody_read(const LedgerFixture& fixture) {
  for (const std::string& folder : {fixture.scratch.path(), fixture.scratch.path("state")})
    REQUIRE(::chmod(folder.c_str(), 0755) == 0);
}

// Another process that has recorded one attempt and holds the ledger open. A forked copy of a connection of this
// process would share its locks and memory with what the test opens.
class Writer {
 public:
  explicit Writer(const LedgerFixture& fixture) {
    REQUIRE(::pipe(ready_) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) write_and_wait(fixture);
    char byte = 0;
    REQUIRE(::read(ready_[0], &byte, 1) == 1);
  }
  ~Writer() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    for (const int fd : ready_) ::close(fd);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  [[noreturn]] void write_and_wait(const LedgerFixture& fixture) const {
    Ledger ledger = fixture.open();
    const std::int64_t run = ledger.begin_run(support::run_of("anna"));
    LedgerFixture::attempt(ledger, run, support::script_of("x.lua", "return {}"), support::ended(OutcomeKind::failed));
    if (::write(ready_[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }

  int ready_[2] = {-1, -1};
  pid_t child_ = -1;
};

// As somebody who owns nothing: the number of attempts seen; 101: was told of changes that wait; 100: another error.
int attempts_seen_by_nobody(const LedgerFixture& fixture) {
  return support::as_nobody([&] {
    try {
      return static_cast<int>(fixture.history().attempts({}).size());
    } catch (const base::Error& error) {
      return has(error.what(), "-wal") ? 101 : 100;
    }
  });
}

}  // namespace

TEST_CASE("the ledger and its private folder are made at first use") {
  const LedgerFixture fixture;
  const std::string deep = fixture.scratch.path("a/b/c/ledger.db");
  { const Ledger made = Ledger::open(deep); }
  struct stat status {};
  for (const char* folder : {"a", "a/b", "a/b/c"}) {
    REQUIRE(::stat(fixture.scratch.path(folder).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0700U);
  }
  CHECK(History::open(deep).has_value());
}

TEST_CASE("the folder of a ledger is found in its path") {
  CHECK(ledger::folder_of("/shop/.fettle/ledger.db") == "/shop/.fettle");
  CHECK(ledger::folder_of("a//ledger.db") == "a");
  CHECK(ledger::folder_of("ledger.db") == ".");
  CHECK(ledger::folder_of("/ledger.db") == "/");
}

TEST_CASE("a ledger says what it is, and writes ahead") {
  const LedgerFixture fixture;
  { const Ledger made = fixture.open(); }
  CHECK(fixture.ask("PRAGMA journal_mode") == "wal");
  CHECK(fixture.ask("PRAGMA application_id") == std::to_string(ledger::k_application_id));
  CHECK(fixture.ask("PRAGMA user_version") == std::to_string(ledger::k_version));
  CHECK(fixture.ask("PRAGMA integrity_check") == "ok");
}

TEST_CASE("an existing folder keeps its mode") {
  const LedgerFixture fixture;
  fixture.scratch.make_folder("state");
  REQUIRE(::chmod(fixture.scratch.path("state").c_str(), 0750) == 0);
  { const Ledger made = fixture.open(); }
  struct stat status {};
  REQUIRE(::stat(fixture.scratch.path("state").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0750U);
}

TEST_CASE("no ledger yet is no error, and reading makes none") {
  const LedgerFixture fixture;
  CHECK_FALSE(History::open(fixture.path).has_value());
  CHECK_FALSE(fixture.scratch.exists("state"));
  fixture.scratch.write("state/ledger.db", "");
  CHECK_FALSE(History::open(fixture.path).has_value());
  CHECK(fixture.scratch.list("state") == std::vector<std::string>{"ledger.db"});
}

TEST_CASE("an empty file becomes a ledger") {
  const LedgerFixture fixture;
  fixture.scratch.write("state/ledger.db", "");
  Ledger ledger = fixture.open();
  CHECK(ledger.begin_run(support::run_of("anna")) == 1);
}

TEST_CASE("a text file is not taken for a ledger and stays as it is") {
  const LedgerFixture fixture;
  fixture.scratch.write("state/ledger.db",
                        "dear diary, this is longer than any header could be: " + std::string(300, 'x'));
  check_refused_untouched(fixture, "no SQLite file");
}

TEST_CASE("a short text file is not taken for a ledger either") {
  const LedgerFixture fixture;
  fixture.scratch.write("state/ledger.db", "x");
  check_refused_untouched(fixture, "no SQLite file");
}

TEST_CASE("another program's SQLite file is not taken for a ledger and stays as it is") {
  const LedgerFixture fixture;
  fixture.scratch.make_folder("state");
  {
    SQLite::Database foreign(fixture.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    foreign.exec("PRAGMA journal_mode = wal");
    foreign.exec("CREATE TABLE attempts (id INTEGER PRIMARY KEY)");
  }
  check_refused_untouched(fixture, "another program");
}

TEST_CASE("a ledger of a newer fettle is refused and stays as it is") {
  const LedgerFixture fixture;
  { const Ledger made = fixture.open(); }
  fixture.change("PRAGMA user_version = 99");
  check_refused_untouched(fixture, "newer fettle (schema 99");
}

TEST_CASE("a ledger that is older than anything known is refused") {
  const LedgerFixture fixture;
  { const Ledger made = fixture.open(); }
  fixture.change("PRAGMA user_version = 0");
  check_refused(fixture, "too old");
}

TEST_CASE("a folder in place of the ledger is refused") {
  const LedgerFixture fixture;
  fixture.scratch.make_folder("state/ledger.db");
  CHECK(has(refusal([&] { (void)fixture.open(); }).what(), "no file at all"));
  CHECK(has(refusal([&] { (void)History::open(fixture.path); }).what(), "no file at all"));
}

TEST_CASE("a file in place of the ledger's folder is refused") {
  const LedgerFixture fixture;
  fixture.scratch.write("state", "x");
  CHECK(refusal([&] { (void)fixture.open(); }).kind() == ErrorKind::ledger_broken);
}

TEST_CASE("a damaged ledger is an error that names the file, on both sides") {
  const LedgerFixture fixture;
  { const Ledger made = fixture.open(); }
  std::string bytes = fixture.scratch.read("state/ledger.db");
  std::fill(bytes.begin() + 100, bytes.end(), 'x');
  fixture.scratch.write("state/ledger.db", bytes);
  leave_file_alone(fixture);
  const base::Error written = refusal([&] { (void)fixture.open().begin_run(support::run_of("anna")); });
  CHECK(written.kind() == ErrorKind::ledger_broken);
  CHECK(has(written.what(), fixture.path));
  CHECK(has(written.next(), "backup"));
  CHECK(refusal([&] { (void)fixture.history().last_run(); }).kind() == ErrorKind::ledger_broken);
}

TEST_CASE("a path with characters that mean something in a URI is just a path") {
  const LedgerFixture fixture;
  const std::string odd = fixture.scratch.path("a?b#c%41/ledger.db");
  { const Ledger made = Ledger::open(odd); }
  CHECK(fixture.scratch.list() == std::vector<std::string>{"a?b#c%41"});
  CHECK(History::open(odd).has_value());
}

TEST_CASE("somebody who may only read the ledger can read it") {
  if (!support::is_root()) return support::skip("needs root to become another user");
  const LedgerFixture fixture;

  SUBCASE("while a run writes") {
    const Writer writer(fixture);
    let_everybody_read(fixture);
    CHECK(attempts_seen_by_nobody(fixture) == 1);
  }
  SUBCASE("after a run, from what it left") {
    REQUIRE(support::in_child([&] {
              Ledger ledger = fixture.open();
              const std::int64_t run = ledger.begin_run(support::run_of("anna"));
              LedgerFixture::attempt(ledger, run, support::script_of("x.lua", ""), support::ended(OutcomeKind::failed));
              return 0;
            }) == 0);
    let_everybody_read(fixture);
    CHECK(fixture.scratch.exists("state/ledger.db-wal"));
    CHECK(attempts_seen_by_nobody(fixture) == 1);
    leave_file_alone(fixture);
    CHECK(attempts_seen_by_nobody(fixture) == 1);
    CHECK(fixture.scratch.list("state") == std::vector<std::string>{"ledger.db"});
  }
  SUBCASE("after a killed run, from what it left") {
    { const Writer writer(fixture); }
    let_everybody_read(fixture);
    CHECK(attempts_seen_by_nobody(fixture) == 1);
  }
  SUBCASE("or is told that changes wait which only a writer can see") {
    { const Writer writer(fixture); }
    let_everybody_read(fixture);
    fixture.scratch.remove("state/ledger.db-shm");
    CHECK(attempts_seen_by_nobody(fixture) == 101);
  }
}

TEST_CASE("somebody who may not write the ledger is told so before anything runs") {
  if (!support::is_root()) return support::skip("needs root to become another user");
  const LedgerFixture fixture;
  REQUIRE(support::in_child([&] {
            const Ledger made = fixture.open();
            return 0;
          }) == 0);
  let_everybody_read(fixture);
  const int answer = support::as_nobody([&] {
    const base::Error error = refusal([&] { (void)fixture.open(); });
    return error.kind() == ErrorKind::ledger_broken && has(error.next(), "who may") ? 7 : 1;
  });
  CHECK(answer == 7);
}

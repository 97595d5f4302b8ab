#include <SQLiteCpp/Database.h>
#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "os/clock.hpp"
#include "support/child.hpp"
#include "support/skip.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Value;
using support::Journal;
using support::says;
using support::sql_error;
using support::TargetFile;
using support::value_of;

namespace {

namespace fs = std::filesystem;

std::string refusal(const TargetFile& file, const std::string& address) {
  return sql_error([&] { file.open(address); });
}

Value text(const char* bytes) {
  return std::string(bytes);
}

}  // namespace

TEST_CASE("a file with a rollback journal is written with the safest settings, and stays as others have it") {
  const TargetFile file;
  {
    const auto connection = file.open();
    connection->begin(Access::write);
    CHECK(value_of(*connection, "PRAGMA journal_mode") == text("persist"));
    CHECK(value_of(*connection, "PRAGMA synchronous") == Value(std::int64_t{3}));
    connection->execute("INSERT INTO t (name) VALUES ('a')", {});
    connection->commit();
    CHECK(connection->journalled_file() == fs::canonical(file.path()).string());
    CHECK(connection->files().size() == 1);
  }
  CHECK(file.outside("PRAGMA journal_mode") == "delete");
  CHECK(file.outside("SELECT count(*) FROM t") == "1");
  CHECK(file.scratch().list() == std::vector<std::string>{"app.db"});
}

TEST_CASE("a WAL file stays one and is synced at each commit") {
  const TargetFile file(Journal::wal);
  {
    const auto connection = file.open();
    connection->begin(Access::write);
    CHECK(value_of(*connection, "PRAGMA journal_mode") == text("wal"));
    CHECK(value_of(*connection, "PRAGMA synchronous") == Value(std::int64_t{2}));
    connection->execute("INSERT INTO t (name) VALUES ('a')", {});
    connection->commit();
    CHECK(connection->journalled_file().empty());
    CHECK(connection->files().size() == 3);
  }
  CHECK(file.outside("PRAGMA journal_mode") == "wal");
  CHECK(file.outside("SELECT count(*) FROM t") == "1");
}

TEST_CASE("a connection that goes in the middle of a transaction leaves neither changes nor a journal") {
  const TargetFile file;
  {
    const auto connection = file.open();
    connection->begin(Access::write);
    connection->execute("INSERT INTO t (name) VALUES ('a')", {});
  }
  CHECK(file.outside("SELECT count(*) FROM t") == "0");
  CHECK(file.scratch().list() == std::vector<std::string>{"app.db"});
}

TEST_CASE("what is no database file is refused as unreachable, with its name") {
  const TargetFile file;
  file.scratch().write("text.db", std::string(5000, 'x'));
  file.scratch().make_folder("folder.db");
  CHECK(says(refusal(file, "absent.db"), "unreachable: there is no database file"));
  CHECK(says(refusal(file, "absent.db"), "absent.db"));
  CHECK(says(refusal(file, "no/such/folder.db?mode=rwc"), "there is no database file"));
  CHECK(says(refusal(file, "folder.db"), "unreachable: "));
  CHECK(says(refusal(file, "text.db"), "unreachable: file is not a database"));
  CHECK(says(refusal(file, ""), "names no file"));
  CHECK(says(refusal(file, "?mode=rwc"), "names no file"));
  CHECK_FALSE(file.scratch().exists("absent.db"));
  CHECK(file.scratch().read("text.db") == std::string(5000, 'x'));
}

TEST_CASE("options are known or refused, each as it stands") {
  const TargetFile file;
  CHECK(says(refusal(file, "app.db?mode=ro"), "\"mode=ro\""));
  CHECK(says(refusal(file, "app.db?cache=shared"), "\"cache=shared\""));
  CHECK(says(refusal(file, "app.db?busy_timeout=soon"), "\"busy_timeout=soon\""));
  CHECK(says(refusal(file, "app.db?foreign_keys=on&x"), "\"x\""));
  CHECK(refusal(file, "app.db?mode=rw&busy_timeout=1s&foreign_keys=off") == "no error");
  const auto connection = file.open("app.db?foreign_keys=on");
  connection->begin(Access::read);
  CHECK(value_of(*connection, "PRAGMA foreign_keys") == Value(std::int64_t{1}));
}

TEST_CASE("mode=rwc makes a missing file, nothing else does") {
  const TargetFile file;
  CHECK(refusal(file, "new.db?mode=rwc") == "no error");
  CHECK(file.scratch().exists("new.db"));
}

TEST_CASE("absolute paths and sqlite:/// are the same file, and relative ones lie beside config.toml") {
  const TargetFile file;
  for (const std::string& url : {"sqlite:" + file.path(), "sqlite://" + file.path(), std::string("sqlite:app.db"),
                                 std::string("sqlite:./app.db")}) {
    CAPTURE(url);
    CHECK(target::connect(url, file.surroundings())->journalled_file() == fs::canonical(file.path()).string());
  }
  CHECK(says(sql_error([&] { target::connect("oracle:x", file.surroundings()); }), "no engine"));
  CHECK(target::engine_of("sqlite:x") == "sqlite");
  CHECK(target::engine_of("oracle:x").empty());
}

TEST_CASE("the ledger can never be a target, under whatever name") {
  const TargetFile file;
  file.scratch().make_folder(".fettle");
  const std::string ledger = file.scratch().path(".fettle/ledger.db");
  const auto refused = [&](const std::string& address) {
    return says(refusal(file, address), "is the ledger, which can never be a target");
  };
  // Before there is one: neither by its name nor through links.
  fs::create_directory_symlink(file.scratch().path(".fettle"), file.scratch().path("linked"));
  fs::create_symlink(ledger, file.scratch().path("dangling.db"));
  CHECK(refused(".fettle/ledger.db?mode=rwc"));
  CHECK(refused("linked/ledger.db?mode=rwc"));
  CHECK_FALSE(file.scratch().exists(".fettle/ledger.db"));
  fs::copy_file(file.path(), ledger);
  fs::create_hard_link(ledger, file.scratch().path("hard.db"));
  CHECK(refused(".fettle/ledger.db"));
  CHECK(refused(".fettle/../.fettle/ledger.db"));
  CHECK(refused(ledger));
  CHECK(refused("linked/ledger.db"));
  CHECK(refused("dangling.db"));
  CHECK(refused("hard.db"));
  target::Surroundings linked = file.surroundings();
  linked.ledger_path = file.scratch().path("linked/ledger.db");
  CHECK(says(sql_error([&] { target::open_sqlite(".fettle/ledger.db", linked); }), "is the ledger"));
}

TEST_CASE("a read-only file is refused before a script runs") {
  if (!support::is_root()) return support::skip("only root can become somebody else");
  const TargetFile file;
  ::chmod(file.path().c_str(), 0644);
  const int answer = support::as_nobody([&] {
    const std::string error = refusal(file, "app.db");
    return error.find("unreachable") == 0 && error.find("read-only") != std::string::npos ? 0 : 1;
  });
  CHECK(answer == 0);
}

TEST_CASE("a file that somebody else keeps locked is refused as locked, after the time that the URL allows") {
  const TargetFile file;
  SQLite::Database other(file.path(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN EXCLUSIVE");
  const auto start = os::Steady::now();
  const std::string error = refusal(file, "app.db?busy_timeout=150ms");
  CHECK(says(error, "locked: database is locked"));
  CHECK(says(error, "150 ms"));
  CHECK(os::since(start) >= std::chrono::milliseconds(140));
  CHECK(os::since(start) < std::chrono::seconds(4));
  other.exec("ROLLBACK");
  const auto connection = file.open("app.db?busy_timeout=100ms");
  other.exec("BEGIN IMMEDIATE");
  connection->begin(Access::read);
  CHECK(value_of(*connection, "SELECT count(*) FROM t") == Value(std::int64_t{0}));
  connection->rollback();
  CHECK(says(sql_error([&] { connection->begin(Access::write); }), "locked: "));
  CHECK_FALSE(connection->in_transaction());
}

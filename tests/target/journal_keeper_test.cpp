#include "target/journal_keeper.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "os/lockdown.hpp"
#include "support/child.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

using support::Scratch;
using target::JournalKeeper;

// Every process of these tests is a child, so that the keeper, a child of that, ends with it.
int in_place(const Scratch& scratch, const std::function<int(const JournalKeeper&)>& body) {
  return support::in_child([&] {
    const JournalKeeper keeper({scratch.path("app.db"), scratch.path("sub/other.db")});
    return body(keeper);
  });
}

}  // namespace

TEST_CASE("the keeper opens, makes and removes the journals of its databases, and nothing else") {
  Scratch scratch;
  scratch.make_folder("sub");
  scratch.write("secret", "x");
  const int answer = in_place(scratch, [&](const JournalKeeper& keeper) {
    const os::Fd made(keeper.open_journal(scratch.path("app.db-journal"), O_RDWR | O_CREAT, 0600));
    if (!made || ::write(made.get(), "journal", 7) != 7) return 1;
    const os::Fd other(keeper.open_journal(scratch.path("sub/other.db-journal"), O_RDWR | O_CREAT, 0600));
    if (!other) return 2;
    if (!os::Fd(keeper.open_journal(scratch.path("app.db-journal"), O_RDWR | O_CREAT, 0600))) return 3;
    if (keeper.unlink_journal(scratch.path("sub/other.db-journal")) != 0) return 4;
    if (keeper.unlink_journal(scratch.path("sub/other.db-journal")) != -1 || errno != ENOENT) return 5;
    if (keeper.open_journal(scratch.path("sub/other.db-journal"), O_RDWR, 0) >= 0 || errno != ENOENT) return 6;
    for (const char* name :
         {"secret", "app.db", "app.db-wal", "app.db-journal2", "sub/app.db-journal", "./app.db-journal"})
      if (keeper.open_journal(scratch.path(name), O_RDWR | O_CREAT, 0600) >= 0 || errno != EACCES ||
          keeper.unlink_journal(scratch.path(name)) != -1 || errno != EACCES)
        return 7;
    return 0;
  });
  CHECK(answer == 0);
  CHECK(scratch.list() == std::vector<std::string>{"app.db-journal", "secret", "sub"});
  CHECK(scratch.read("app.db-journal") == "journal");
  CHECK(scratch.list("sub").empty());
}

TEST_CASE("the keeper follows no link that took a journal's name") {
  Scratch scratch;
  scratch.make_folder("sub");
  scratch.write("secret", "x");
  REQUIRE(::symlink(scratch.path("secret").c_str(), scratch.path("app.db-journal").c_str()) == 0);
  CHECK(in_place(scratch, [&](const JournalKeeper& keeper) {
          const int fd = keeper.open_journal(scratch.path("app.db-journal"), O_RDWR | O_CREAT, 0600);
          return fd < 0 && errno == ELOOP ? 0 : 1;
        }) == 0);
}

TEST_CASE("nonsense ends the keeper, and whoever asks afterwards is told so and not kept waiting") {
  Scratch scratch;
  scratch.make_folder("sub");
  for (const std::string& bytes :
       {std::string(1, 'x'), std::string(16, '\xff'), std::string(200, 'x'), std::string(16, '\0')}) {
    const int answer = in_place(scratch, [&](const JournalKeeper& keeper) {
      if (::send(keeper.channel(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return 1;
      keeper.open_journal(scratch.path("app.db-journal"), O_RDWR | O_CREAT, 0600);
      const int fd = keeper.open_journal(scratch.path("app.db-journal"), O_RDWR | O_CREAT, 0600);
      return fd < 0 || ::fcntl(fd, F_GETFD) >= 0 ? 0 : 2;
    });
    CHECK(answer == 0);
  }
  CHECK(scratch.list("sub").empty());
}

TEST_CASE("no database with a journal, no keeper: every name is refused") {
  const JournalKeeper keeper({});
  CHECK(keeper.channel() == -1);
  CHECK(keeper.open_journal("/tmp/x-journal", O_RDWR | O_CREAT, 0600) == -1);
  CHECK(errno == EACCES);
}

TEST_CASE("a process locked down as a broker is opens its own file and no other in the same folder") {
  if (os::landlock_version() == 0) return support::skip("this kernel has no Landlock");
  Scratch scratch;
  scratch.make_folder("sub");
  for (const char* name : {"app.db", "ledger.db", "fix-scripts/001_a.lua"}) scratch.write(name, "x");
  const int answer = support::in_child([&] {
    const JournalKeeper keeper({scratch.path("app.db")});
    const os::Fd file(::open(scratch.path("app.db").c_str(), O_PATH | O_CLOEXEC));
    os::set_limits({});
    os::forbid_new_privileges();
    if (os::restrict_files({{file.get(), os::FileRight::read_write}}) == 0) return 1;
    const auto opens = [&](const char* name, int flags) {
      return static_cast<bool>(os::Fd(::open(scratch.path(name).c_str(), flags | O_CLOEXEC, 0600)));
    };
    if (!opens("app.db", O_RDWR)) return 2;
    for (const char* name : {"ledger.db", "fix-scripts/001_a.lua", ".", "fix-scripts"})
      if (opens(name, O_RDONLY) || opens(name, O_WRONLY)) return 3;
    if (opens("new", O_WRONLY | O_CREAT) || opens("app.db-journal", O_RDWR | O_CREAT)) return 4;
    if (::unlink(scratch.path("ledger.db").c_str()) == 0 || ::unlink(scratch.path("app.db").c_str()) == 0) return 5;
    if (::rename(scratch.path("app.db").c_str(), scratch.path("b.db").c_str()) == 0) return 6;
    if (::link(scratch.path("ledger.db").c_str(), scratch.path("c.db").c_str()) == 0) return 7;
    if (::truncate(scratch.path("ledger.db").c_str(), 0) == 0 && os::landlock_version() >= 3) return 8;
    return os::Fd(keeper.open_journal(scratch.path("app.db-journal"), O_RDWR | O_CREAT, 0600)) ? 0 : 9;
  });
  CHECK(answer == 0);
  CHECK(scratch.list() == std::vector<std::string>{"app.db", "app.db-journal", "fix-scripts", "ledger.db", "sub"});
}

TEST_CASE("a hostile broker gets no more from the keeper than a plain journal, whatever it asks with") {
  Scratch scratch;
  scratch.make_folder("sub");
  scratch.write("secret", "x");
  struct Request {
    std::uint8_t wish, unused;
    std::uint16_t index;
    std::int32_t flags;
    std::uint32_t mode;
  };
  const int answer = in_place(scratch, [&](const JournalKeeper& keeper) {
    for (const int flags : {O_RDWR | O_CREAT | O_TRUNC, O_PATH, O_DIRECTORY, O_TMPFILE | O_RDWR, O_WRONLY | O_APPEND,
                            O_CREAT | O_EXCL | O_NOFOLLOW, 3, -1, INT_MAX, INT_MIN})
      for (const std::uint32_t mode : {07777U, 0U, ~0U})
        for (const auto wish : std::to_array<std::uint8_t>({0, 1, 2, 255})) {
          const Request request{wish, 255, 0, flags, mode};
          // With a descriptor along, of which the keeper must not make use.
          iovec part{const_cast<Request*>(&request), sizeof request};
          alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
          msghdr message{};
          message.msg_iov = &part;
          message.msg_iovlen = 1;
          message.msg_control = control;
          message.msg_controllen = sizeof control;
          cmsghdr* head = CMSG_FIRSTHDR(&message);
          head->cmsg_level = SOL_SOCKET;
          head->cmsg_type = SCM_RIGHTS;
          head->cmsg_len = CMSG_LEN(sizeof(int));
          const int along = STDERR_FILENO;
          std::memcpy(CMSG_DATA(head), &along, sizeof along);
          if (::sendmsg(keeper.channel(), &message, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof request)) return 1;
          std::int32_t error = 0;
          iovec back{&error, sizeof error};
          message.msg_iov = &back;
          message.msg_controllen = sizeof control;
          if (::recvmsg(keeper.channel(), &message, 0) != static_cast<ssize_t>(sizeof error)) return 2;
          head = CMSG_FIRSTHDR(&message);
          if (head == nullptr) continue;
          int given = -1;
          std::memcpy(&given, CMSG_DATA(head), sizeof given);
          struct stat facts {};
          struct stat journal {};
          if (::fstat(given, &facts) != 0 || (facts.st_mode & ~0777U) != S_IFREG) return 3;
          if (::stat(scratch.path("app.db-journal").c_str(), &journal) == 0 && journal.st_ino != facts.st_ino) return 4;
          ::close(given);
        }
    return 0;
  });
  CHECK(answer == 0);
  CHECK(scratch.read("secret") == "x");
  for (const std::string& name : scratch.list()) CHECK((name == "app.db-journal" || name == "secret" || name == "sub"));
}

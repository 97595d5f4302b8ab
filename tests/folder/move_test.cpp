#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "os/fd.hpp"
#include "support/child.hpp"
#include "support/folder_fixture.hpp"
#include "support/skip.hpp"

using folder::MoveStatus;
using folder::Place;
using support::read_or_fail;
using support::ThreeFolders;
using support::told;

TEST_CASE("a script is moved under its own name") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "return {}");
  folder::Folders folders = three.open();
  const folder::MoveResult moved =
      folders.move(read_or_fail(folders, Place::scripts, "x.lua"), Place::scripts, Place::succeeded);
  folders.sync();
  CHECK(moved.status == MoveStatus::moved);
  CHECK(moved.name == "x.lua");
  CHECK(three.scratch.list("pending").empty());
  CHECK(three.scratch.read("done/x.lua") == "return {}");
}

TEST_CASE("a taken name gets a number, nothing is overwritten") {
  const ThreeFolders three;
  folder::Folders folders = three.open();
  for (const char* text : {"first", "second", "third"}) {
    three.scratch.write("pending/x.lua", text);
    CHECK(folders.move(read_or_fail(folders, Place::scripts, "x.lua"), Place::scripts, Place::succeeded).status ==
          MoveStatus::moved);
  }
  CHECK(three.scratch.list("done") == std::vector<std::string>{"x.2.lua", "x.3.lua", "x.lua"});
  CHECK(three.scratch.read("done/x.lua") == "first");
  CHECK(three.scratch.read("done/x.2.lua") == "second");
  CHECK(three.scratch.read("done/x.3.lua") == "third");
}

TEST_CASE("anything that has the name takes it: a folder, a dangling link") {
  const ThreeFolders three;
  three.scratch.make_folder("done/x.lua");
  REQUIRE(::symlink("nowhere", three.scratch.path("done/x.2.lua").c_str()) == 0);
  three.scratch.write("pending/x.lua", "x");
  folder::Folders folders = three.open();
  CHECK(folders.move(read_or_fail(folders, Place::scripts, "x.lua"), Place::scripts, Place::succeeded).name ==
        "x.3.lua");
}

TEST_CASE("a hard link of the same file in the destination does not swallow the move") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  REQUIRE(::link(three.scratch.path("pending/x.lua").c_str(), three.scratch.path("done/x.lua").c_str()) == 0);
  folder::Folders folders = three.open();
  const auto moved = folders.move(read_or_fail(folders, Place::scripts, "x.lua"), Place::scripts, Place::succeeded);
  CHECK(moved.status == MoveStatus::moved);
  CHECK(moved.name == "x.2.lua");
  CHECK(three.scratch.list("pending").empty());
}

TEST_CASE("a name of 255 bytes that is taken twice is cut to make room for the number") {
  const ThreeFolders three;
  const std::string name = std::string(251, 'x') + ".lua";
  folder::Folders folders = three.open();
  std::vector<std::string> names;
  for (int round = 0; round < 3; ++round) {
    three.scratch.write("pending/" + name, std::to_string(round));
    names.push_back(folders.move(read_or_fail(folders, Place::scripts, name), Place::scripts, Place::failed).name);
  }
  CHECK(names[0] == name);
  CHECK(names[1] == std::string(249, 'x') + ".2.lua");
  CHECK(names[2] == std::string(249, 'x') + ".3.lua");
  for (int round = 0; round < 3; ++round)
    CHECK(three.scratch.read("failed/" + names[static_cast<std::size_t>(round)]) == std::to_string(round));
}

TEST_CASE("names with a newline, an escape code and invalid UTF-8 move like any other") {
  const ThreeFolders three;
  folder::Folders folders = three.open();
  for (const std::string name : {"a\nb.lua", "\x1b[31mred.lua", "\xff\xfe.lua", "-rf.lua", " \t.lua"}) {
    three.scratch.write("pending/" + name, "x");
    const auto moved = folders.move(read_or_fail(folders, Place::scripts, name), Place::scripts, Place::failed);
    CHECK(moved.status == MoveStatus::moved);
    CHECK(moved.name == name);
    CHECK(three.scratch.exists("failed/" + name));
  }
}

TEST_CASE("a script that was deleted while it ran has vanished") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  folder::Folders folders = three.open();
  const folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
  three.scratch.remove("pending/x.lua");
  CHECK(told(folders.move(loaded, Place::scripts, Place::succeeded).status) == "vanished");
  CHECK(three.scratch.list("done").empty());
}

TEST_CASE("another file that was put in place while the script ran is left alone") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "old");
  folder::Folders folders = three.open();
  const folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
  three.scratch.write("elsewhere", "new");
  three.scratch.rename("elsewhere", "pending/x.lua");
  CHECK(told(folders.move(loaded, Place::scripts, Place::succeeded).status) == "replaced");
  CHECK(three.scratch.read("pending/x.lua") == "new");
  CHECK(three.scratch.list("done").empty());
}

TEST_CASE("a script that was edited in place while it ran is left alone") {
  const ThreeFolders three;
  folder::Folders folders = three.open();
  for (const char* edited : {"xyz", "longer than it was", ""}) {
    CAPTURE(edited);
    three.scratch.write("pending/x.lua", "abc");
    const folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
    three.scratch.write("pending/x.lua", edited);
    CHECK(told(folders.move(loaded, Place::scripts, Place::succeeded).status) == "replaced");
    CHECK(three.scratch.read("pending/x.lua") == edited);
    CHECK(three.scratch.list("done").empty());
  }
}

TEST_CASE("a script that became a link or a folder while it ran is left alone") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  three.scratch.write("pending/y.lua", "x");
  folder::Folders folders = three.open();
  const folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
  three.scratch.remove("pending/x.lua");
  REQUIRE(::symlink("y.lua", three.scratch.path("pending/x.lua").c_str()) == 0);
  CHECK(told(folders.move(loaded, Place::scripts, Place::succeeded).status) == "replaced");
  three.scratch.remove("pending/x.lua");
  three.scratch.make_folder("pending/x.lua");
  CHECK(told(folders.move(loaded, Place::scripts, Place::succeeded).status) == "replaced");
  CHECK(three.scratch.list("done").empty());
}

TEST_CASE("a script that was only touched, or copied again with the same bytes, is still the same") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  folder::Folders folders = three.open();
  folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
  REQUIRE(::chmod(three.scratch.path("pending/x.lua").c_str(), 0600) == 0);
  CHECK(told(folders.move(loaded, Place::scripts, Place::succeeded).status) == "moved");
  three.scratch.write("pending/x.lua", "x");
  CHECK(told(folders.move(loaded, Place::scripts, Place::failed).status) == "moved");
}

TEST_CASE("a script that somebody opened for writing and changed its times is left alone") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  folder::Folders folders = three.open();
  const folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
  REQUIRE(::chmod(three.scratch.path("pending/x.lua").c_str(), 0600) == 0);
  const support::OpenWriter writer(three.scratch.path("pending/x.lua"));
  CHECK(told(folders.move(loaded, Place::scripts, Place::succeeded).status) == "replaced");
  CHECK(three.scratch.exists("pending/x.lua"));
}

TEST_CASE("whoever swaps the file at any moment, only the one that was read is ever filed") {
  const ThreeFolders three;
  const std::string mine = three.scratch.path("pending/x.lua");
  const std::string fresh = three.scratch.path("other.lua");
  folder::Folders folders = three.open();
  int moved = 0;
  for (int round = 0; round < 400; ++round) {
    three.scratch.write("pending/x.lua", "old");
    three.scratch.write("other.lua", "new");
    const folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
    const pid_t swapper = ::fork();
    REQUIRE(swapper >= 0);
    if (swapper == 0) {
      // Shifts the moment of the swap from round to round, to meet every gap of the move.
      for (int spin = 0; spin < round % 100; ++spin) ::getppid();
      ::_exit(::rename(fresh.c_str(), mine.c_str()) == 0 ? 0 : 1);
    }
    const folder::MoveResult result = folders.move(loaded, Place::scripts, Place::succeeded);
    int status = 0;
    REQUIRE(::waitpid(swapper, &status, 0) == swapper);
    REQUIRE(status == 0);
    if (result.status == MoveStatus::moved) {
      ++moved;
      REQUIRE(three.scratch.read("done/" + result.name) == "old");
    } else {
      REQUIRE(told(result.status) == "replaced");
      REQUIRE(three.scratch.list("done").empty());
    }
    REQUIRE(three.scratch.read("pending/x.lua") == "new");
    if (result.status == MoveStatus::moved) three.scratch.remove("done/" + result.name);
    three.scratch.remove("pending/x.lua");
  }
  CHECK(moved > 0);
}

TEST_CASE("a destination folder that was removed meanwhile is a failed move, and the script stays") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  folder::Folders folders = three.open();
  const folder::Loaded loaded = read_or_fail(folders, Place::scripts, "x.lua");
  three.scratch.remove("done");
  const folder::MoveResult result = folders.move(loaded, Place::scripts, Place::succeeded);
  CHECK(told(result.status) == "failed");
  CHECK(result.detail == "the destination folder was removed");
  CHECK(three.scratch.exists("pending/x.lua"));
}

TEST_CASE("a destination that was swapped for a link is still the folder that was opened") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  three.scratch.make_folder("trap");
  folder::Folders folders = three.open();
  three.scratch.rename("done", "done-before");
  REQUIRE(::symlink("trap", three.scratch.path("done").c_str()) == 0);
  CHECK(told(folders.move(read_or_fail(folders, Place::scripts, "x.lua"), Place::scripts, Place::succeeded).status) ==
        "moved");
  CHECK(three.scratch.list("trap").empty());
  CHECK(three.scratch.exists("done-before/x.lua"));
}

TEST_CASE("what the file system refuses is a failed move with its reason") {
  if (!support::is_root()) return support::skip("needs root to act as another user");
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "x");
  CHECK(support::as_nobody([&] {
          folder::Folders folders = three.open(folder::Missing::is_empty);
          const auto result = folders.move(std::string("x.lua"), Place::scripts, Place::succeeded);
          return result.status == MoveStatus::failed && result.detail == "Permission denied" ? 1 : 2;
        }) == 1);
  CHECK(three.scratch.exists("pending/x.lua"));
}

TEST_CASE("a failed script goes back to pending by name, whatever its bytes are now") {
  const ThreeFolders three;
  three.scratch.write("failed/x.lua", "mended");
  three.scratch.write("pending/x.lua", "already here");
  folder::Folders folders = three.open();
  const folder::MoveResult moved = folders.move(std::string("x.lua"), Place::failed, Place::scripts);
  folders.sync();
  CHECK(moved.status == MoveStatus::moved);
  CHECK(moved.name == "x.2.lua");
  CHECK(three.scratch.read("pending/x.2.lua") == "mended");
  CHECK(three.scratch.read("pending/x.lua") == "already here");
}

TEST_CASE("moving by name takes only regular files of the folder itself") {
  const ThreeFolders three;
  three.scratch.write("secret.lua", "x");
  REQUIRE(::symlink("../secret.lua", three.scratch.path("failed/link.lua").c_str()) == 0);
  folder::Folders folders = three.open();
  CHECK(told(folders.move(std::string("gone.lua"), Place::failed, Place::scripts).status) == "vanished");
  CHECK(told(folders.move(std::string("../secret.lua"), Place::failed, Place::scripts).status) == "vanished");
  CHECK(told(folders.move(std::string("link.lua"), Place::failed, Place::scripts).status) == "failed");
  CHECK(three.scratch.exists("secret.lua"));
  CHECK(three.scratch.list("pending").empty());
}

TEST_CASE("an error note lies beside the failed script, is replaced as a whole and can be removed") {
  const ThreeFolders three;
  folder::Folders folders = three.open();
  CHECK(folders.write_error_note("x.lua", "first\n") == "");
  CHECK(three.scratch.list("failed") == std::vector<std::string>{"x.lua.error.txt"});
  CHECK(folders.write_error_note("x.lua", "second\n") == "");
  CHECK(three.scratch.read("failed/x.lua.error.txt") == "second\n");
  folders.remove_error_note("x.lua");
  folders.remove_error_note("x.lua");
  folders.sync();
  CHECK(three.scratch.list("failed").empty());
}

TEST_CASE("the error note of a 255-byte name has a name that fits") {
  const ThreeFolders three;
  CHECK(three.open().write_error_note(std::string(251, 'x') + ".lua", "why") == "");
  CHECK(three.scratch.list("failed") == std::vector<std::string>{std::string(245, 'x') + ".error.txt"});
}

TEST_CASE("a link in the place of a note or of its draft leads nowhere") {
  const ThreeFolders three;
  three.scratch.write("precious", "precious");
  for (const char* name : {"failed/x.lua.error.txt", "failed/.fettle-error-note.tmp"})
    REQUIRE(::symlink("../precious", three.scratch.path(name).c_str()) == 0);
  CHECK(three.open().write_error_note("x.lua", "why") == "");
  CHECK(three.scratch.read("precious") == "precious");
  CHECK(three.scratch.read("failed/x.lua.error.txt") == "why");
  CHECK(three.scratch.list("failed").size() == 1);
}

TEST_CASE("a full disk costs the error note and nothing else") {
  if (!support::is_root()) return support::skip("needs root to mount a file system");
  ThreeFolders three;
  const support::TinyDisk disk(three.scratch.path("disk"), 64 << 10);
  if (!disk.mounted()) return support::skip("mounting is forbidden here");
  three.config.folders = {.scripts = "disk/pending", .succeeded = "disk/done", .failed = "disk/failed"};
  folder::Folders folders = three.open();
  three.scratch.write("disk/pending/x.lua", "return {}");
  CHECK(folders.write_error_note("x.lua", "the note of before") == "");
  CHECK(folders.write_error_note("x.lua", std::string(128 << 10, 'x')) ==
        "cannot write disk/failed/x.lua.error.txt: No space left on device");
  CHECK(three.scratch.read("disk/failed/x.lua.error.txt") == "the note of before");
  CHECK(three.scratch.list("disk/failed").size() == 1);
  const auto moved = folders.move(read_or_fail(folders, Place::scripts, "x.lua"), Place::scripts, Place::failed);
  CHECK(moved.status == MoveStatus::moved);
  folders.sync();
}

#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <variant>

#include "base/hash.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "support/child.hpp"
#include "support/folder_fixture.hpp"
#include "support/skip.hpp"

using folder::Place;
using support::ThreeFolders;
using support::told;

TEST_CASE("a script is read whole, with its hash and stamp") {
  const ThreeFolders three;
  const std::string text = "return {}\n-- \xff and a NUL: " + std::string(1, '\0') + "\n";
  three.scratch.write("pending/x.lua", text);
  const folder::Loaded loaded = support::read_or_fail(three.open(), Place::scripts, "x.lua");
  struct stat status {};
  REQUIRE(::stat(three.scratch.path("pending/x.lua").c_str(), &status) == 0);
  CHECK(loaded.script.name == "x.lua");
  CHECK(loaded.script.text == text);
  CHECK(loaded.script.sha256 == base::sha256_hex(text));
  CHECK(loaded.stamp.inode == status.st_ino);
  CHECK(loaded.stamp.device == status.st_dev);
  CHECK(loaded.stamp.size == status.st_size);
}

TEST_CASE("an empty file is read as an empty script") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "");
  CHECK(support::read_or_fail(three.open(), Place::scripts, "x.lua").script.text.empty());
}

TEST_CASE("a name that is no file in the folder has vanished, whatever it points at outside") {
  const ThreeFolders three;
  three.scratch.write("secret.lua", "x");
  const folder::Folders folders = three.open();
  for (const char* name : {"gone.lua", "../secret.lua", "", ".", "..", "x/y.lua", "/etc/passwd"}) {
    CAPTURE(name);
    CHECK(told(folders.read(Place::scripts, name)) == "vanished");
  }
  CHECK(told(folders.read(Place::scripts, std::string(300, 'x') + ".lua")) == "vanished");
  CHECK(told(folders.read(Place::scripts, std::string("x.lua\0", 6))) == "vanished");
}

TEST_CASE("reading what is no script says why and never blocks") {
  const ThreeFolders three;
  three.scratch.write("pending/real.lua", "x");
  three.scratch.write("pending/x.lua~", "x");
  three.scratch.write("pending/large.lua", std::string((256 << 10) + 1, ' '));
  REQUIRE(::symlink("real.lua", three.scratch.path("pending/link.lua").c_str()) == 0);
  REQUIRE(::mkfifo(three.scratch.path("pending/pipe.lua").c_str(), 0644) == 0);
  three.scratch.make_folder("pending/folder.lua");
  const folder::Folders folders = three.open();
  CHECK(told(folders.read(Place::scripts, "link.lua")) == "symbolic link");
  CHECK(told(folders.read(Place::scripts, "pipe.lua")) == "named pipe (FIFO)");
  CHECK(told(folders.read(Place::scripts, "folder.lua")) == "directory");
  CHECK(told(folders.read(Place::scripts, "large.lua")) == "larger than 256 KiB ([run] max_script_size)");
  CHECK(told(folders.read(Place::scripts, "x.lua~")) == "editor backup (name ends in ~)");
  CHECK(told(folders.read(Place::scripts, "real.lua")) == "loaded");
}

TEST_CASE("a file that this account may not read says so") {
  if (!support::is_root()) return support::skip("needs root to look as another user");
  const ThreeFolders three;
  three.scratch.write("pending/secret.lua", "x");
  REQUIRE(::chmod(three.scratch.path("pending/secret.lua").c_str(), 0600) == 0);
  CHECK(support::as_nobody([&] {
          const auto result = three.open(folder::Missing::is_empty).read(Place::scripts, "secret.lua");
          return told(result) == "not readable" ? 1 : 2;
        }) == 1);
}

TEST_CASE("a file that another process holds open for writing is left alone until it is closed") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "return {");
  const folder::Folders folders = three.open();
  support::OpenWriter writer(three.scratch.path("pending/x.lua"));
  CHECK(told(folders.read(Place::scripts, "x.lua")) == "still being written");
  three.scratch.append("pending/x.lua", "}");
  CHECK(told(folders.read(Place::scripts, "x.lua")) == "still being written");
  writer.close();
  CHECK(support::read_or_fail(folders, Place::scripts, "x.lua").script.text == "return {}");
}

TEST_CASE("a writable mapping that outlives its descriptor counts as a writer") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "return {}");
  os::Fd fd(::open(three.scratch.path("pending/x.lua").c_str(), O_RDWR | O_CLOEXEC));
  void* mapping = ::mmap(nullptr, 9, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  REQUIRE(mapping != MAP_FAILED);
  fd.reset();
  const std::string during = told(three.open().read(Place::scripts, "x.lua"));
  ::munmap(mapping, 9);
  CHECK(during == "still being written");
  CHECK(told(three.open().read(Place::scripts, "x.lua")) == "loaded");
}

TEST_CASE("readers of a file do not keep it from being read") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "return {}");
  const os::Fd reader(::open(three.scratch.path("pending/x.lua").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(reader);
  CHECK(told(three.open().read(Place::scripts, "x.lua")) == "loaded");
}

TEST_CASE("no lease is left behind: a writer that comes later is not held up") {
  const ThreeFolders three;
  three.scratch.write("pending/x.lua", "return {}");
  const folder::Loaded loaded = support::read_or_fail(three.open(), Place::scripts, "x.lua");
  const os::Fd writer(::open(three.scratch.path("pending/x.lua").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  CHECK(writer);
}

TEST_CASE("where no lease can be had, a file must have been unchanged for the settle time") {
  if (!support::is_root()) return support::skip("needs root to look as another user");
  ThreeFolders three;
  three.scratch.write("pending/x.lua", "return {}");
  const auto read_as_nobody = [&](const char* wanted) {
    return support::as_nobody([&] {
      const auto result = three.open(folder::Missing::is_empty).read(Place::scripts, "x.lua");
      return told(result) == wanted ? 1 : 2;
    });
  };
  three.config.watch.settle = std::chrono::hours(1);
  CHECK(read_as_nobody("changed less than 1 h 00 m ago, may still be being written") == 1);
  three.config.watch.settle = std::chrono::milliseconds(0);
  CHECK(read_as_nobody("loaded") == 1);
}

TEST_CASE("a modification time in the future does not keep a settled file waiting for ever") {
  if (!support::is_root()) return support::skip("needs root to look as another user");
  ThreeFolders three;
  three.scratch.write("pending/x.lua", "return {}");
  const timespec future[2] = {{4'000'000'000, 0}, {4'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, three.scratch.path("pending/x.lua").c_str(), future, 0) == 0);
  three.config.watch.settle = std::chrono::milliseconds(0);
  CHECK(support::as_nobody([&] {
          return told(three.open(folder::Missing::is_empty).read(Place::scripts, "x.lua")) == "loaded" ? 1 : 2;
        }) == 1);
}

TEST_CASE("a script that is written over and over is never read half") {
  const ThreeFolders three;
  const std::string path = three.scratch.path("pending/x.lua");
  const std::string whole(20'000, 'a');
  three.scratch.write("pending/x.lua", whole);
  const pid_t writer = ::fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    for (char letter = 'a';; letter = letter == 'a' ? 'b' : 'a') {
      const std::string next(whole.size(), letter);
      const int fd = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
      for (std::size_t at = 0; fd >= 0 && at < whole.size(); at += 1000)
        if (::write(fd, next.data() + at, 1000) != 1000) ::_exit(1);
      ::close(fd);
      for (int rest = 0; rest < 500; ++rest) ::getppid();
    }
  }
  const folder::Folders folders = three.open();
  int loaded = 0;
  int refused = 0;
  int half = 0;
  const os::Deadline deadline = os::Steady::now() + std::chrono::seconds(30);
  while ((loaded < 50 || refused < 50) && os::Steady::now() < deadline) {
    const folder::ReadResult result = folders.read(Place::scripts, "x.lua");
    if (const auto* script = std::get_if<folder::Loaded>(&result)) {
      ++loaded;
      if (script->script.text != std::string(whole.size(), script->script.text[0])) ++half;
    } else {
      ++refused;
    }
  }
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  CHECK(half == 0);
  CHECK(loaded >= 50);
  CHECK(refused >= 50);
}

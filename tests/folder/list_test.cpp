#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include "os/fd.hpp"
#include "support/child.hpp"
#include "support/folder_fixture.hpp"
#include "support/skip.hpp"

using folder::Place;
using support::ThreeFolders;

TEST_CASE("a Lua file in the pending folder is a candidate") {
  const ThreeFolders three;
  three.scratch.write("pending/001_x.lua", "return {}");
  CHECK(three.reason_for("001_x.lua") == "candidate");
  CHECK(three.open().count(Place::scripts) == 1);
}

TEST_CASE("what is no candidate by its name says why") {
  struct Row {
    const char* name;
    const char* reason;
  };
  const std::vector<Row> rows = {
      {"notes.txt", "name does not end in .lua"},
      {"lua", "name does not end in .lua"},
      {"x.lua.txt", "name does not end in .lua"},
      {"X.LUA", "name does not end in .lua (in lower case)"},
      {".x.lua", "hidden (leading dot)"},
      {".lua", "hidden (leading dot)"},
      {".gitkeep", "hidden (leading dot)"},
      {".x.lua.swp", "hidden (leading dot)"},
      {".#x.lua", "hidden (leading dot)"},
      {".x.lua.Zk3Rw9", "hidden (leading dot)"},
      {".goutputstream-7K2QX1", "hidden (leading dot)"},
      {"x.lua~", "editor backup (name ends in ~)"},
      {"#x.lua#", "editor auto-save (#name#)"},
      {"x.lua.part", "unfinished transfer (name ends in .part)"},
      {"x.lua.filepart", "unfinished transfer (name ends in .filepart)"},
      {"x.lua.crdownload", "unfinished transfer (name ends in .crdownload)"},
      {"x.lua.tmp", "temporary file (name ends in .tmp)"},
      {"x.lua.swp", "editor swap file (name ends in .swp)"},
      {"x.lua___jb_tmp___", "temporary file of an editor (___jb_tmp___)"},
      {"x.lua.bak", "backup copy (name ends in .bak)"},
      {"x.lua.orig", "backup copy (name ends in .orig)"},
      {"x.lua.rej", "rejected patch (name ends in .rej)"},
      {"sedA1b2C3", "temporary file of sed -i"},
      {"x_LOCAL_4711.lua", "temporary file of git mergetool"},
      {"x_BACKUP_4711.lua", "temporary file of git mergetool"},
      {"x_BASE_4711.lua", "temporary file of git mergetool"},
      {"x_REMOTE_4711.lua", "temporary file of git mergetool"},
  };
  const ThreeFolders three;
  for (const Row& row : rows) three.scratch.write(std::string("pending/") + row.name, "x");
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(three.reason_for(row.name) == row.reason);
  }
  CHECK(three.open().list(Place::scripts).names.empty());
  CHECK(three.open().count(Place::scripts) == 0);
}

TEST_CASE("names that only look like temporary files are candidates") {
  const ThreeFolders three;
  for (const char* name :
       {"LOCAL_4711.lua", "x_LOCAL_.lua", "x_4711.lua", "-rf.lua", "a b.lua", "sedation.lua", "#1.lua"}) {
    three.scratch.write(std::string("pending/") + name, "x");
    CAPTURE(name);
    CHECK(three.reason_for(name) == "candidate");
  }
}

TEST_CASE("what is no regular file says what it is, and looking at it never blocks") {
  const ThreeFolders three;
  three.scratch.write("pending/real.lua", "x");
  REQUIRE(::symlink("real.lua", three.scratch.path("pending/link.lua").c_str()) == 0);
  REQUIRE(::symlink("nowhere", three.scratch.path("pending/dangling.lua").c_str()) == 0);
  REQUIRE(::mkfifo(three.scratch.path("pending/pipe.lua").c_str(), 0644) == 0);
  three.scratch.make_folder("pending/folder.lua");
  three.scratch.make_folder("pending/archive");
  const os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = three.scratch.path("pending/s.lua");
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);

  CHECK(three.reason_for("link.lua") == "symbolic link");
  CHECK(three.reason_for("dangling.lua") == "symbolic link");
  CHECK(three.reason_for("pipe.lua") == "named pipe (FIFO)");
  CHECK(three.reason_for("folder.lua") == "directory");
  CHECK(three.reason_for("archive") == "directory");
  CHECK(three.reason_for("s.lua") == "socket");
  CHECK(three.reason_for("real.lua") == "candidate");
}

TEST_CASE("a device is ignored") {
  if (!support::is_root()) return support::skip("only root can make a device");
  const ThreeFolders three;
  if (::mknod(three.scratch.path("pending/null.lua").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0)
    return support::skip("devices cannot be made here");
  CHECK(three.reason_for("null.lua") == "device");
}

TEST_CASE("a file is too large from the first byte over the limit") {
  ThreeFolders three;
  three.scratch.write("pending/fits.lua", std::string(256 << 10, ' '));
  three.scratch.write("pending/large.lua", std::string((256 << 10) + 1, ' '));
  CHECK(three.reason_for("fits.lua") == "candidate");
  CHECK(three.reason_for("large.lua") == "larger than 256 KiB ([run] max_script_size)");
}

TEST_CASE("a file that this account may not read is ignored") {
  if (!support::is_root()) return support::skip("needs root to look as another user");
  const ThreeFolders three;
  three.scratch.write("pending/secret.lua", "x");
  three.scratch.write("pending/open.lua", "x");
  REQUIRE(::chmod(three.scratch.path("pending/secret.lua").c_str(), 0600) == 0);
  const auto reason_as_nobody = [&](const char* name, const char* reason) {
    return support::as_nobody([&] {
      for (const core::Ignored& ignored : three.open(folder::Missing::is_empty).list(Place::scripts).ignored)
        if (ignored.name == name) return ignored.reason == reason ? 1 : 2;
      return 0;
    });
  };
  CHECK(reason_as_nobody("secret.lua", "not readable") == 1);
  CHECK(reason_as_nobody("open.lua", "") == 0);
}

TEST_CASE("scripts are listed in the order of their bytes, or naturally when that is configured") {
  ThreeFolders three;
  for (const char* name : {"10_b.lua", "2_a.lua", "B.lua", "a.lua", "\xC3\xA4.lua", "1.lua"})
    three.scratch.write(std::string("pending/") + name, "x");
  CHECK(three.open().list(Place::scripts).names ==
        std::vector<std::string>{"1.lua", "10_b.lua", "2_a.lua", "B.lua", "a.lua", "\xC3\xA4.lua"});
  three.config.folders.order = core::Order::natural;
  CHECK(three.open().list(Place::scripts).names ==
        std::vector<std::string>{"1.lua", "2_a.lua", "10_b.lua", "B.lua", "a.lua", "\xC3\xA4.lua"});
}

TEST_CASE("the ignored ones are sorted by name") {
  const ThreeFolders three;
  for (const char* name : {"z.txt", "a.txt", "m~"}) three.scratch.write(std::string("pending/") + name, "x");
  const folder::Listing listing = three.open().list(Place::scripts);
  REQUIRE(listing.ignored.size() == 3);
  CHECK(listing.ignored[0].name == "a.txt");
  CHECK(listing.ignored[1].name == "m~");
  CHECK(listing.ignored[2].name == "z.txt");
}

TEST_CASE("ten thousand scripts are all listed, in order, twice the same") {
  const ThreeFolders three;
  std::vector<std::string> expected;
  for (int number = 0; number < 10'000; ++number) {
    const std::string digits = std::to_string(number);
    expected.push_back(std::string(5 - digits.size(), '0') + digits + "_fix.lua");
    const os::Fd file(
        ::open(three.scratch.path("pending/" + expected.back()).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    REQUIRE(file);
  }
  const folder::Folders folders = three.open();
  CHECK(folders.list(Place::scripts).names == expected);
  CHECK(folders.list(Place::scripts).names == expected);
  CHECK(folders.count(Place::scripts) == 10'000);
}

TEST_CASE("a name of any bytes is listed as it is") {
  const ThreeFolders three;
  const std::vector<std::string> names = {" .lua", "a\nb.lua", "\x1b[31m.lua", "\xff\xfe.lua", "\xe2\x80\xae.lua"};
  for (const std::string& name : names) three.scratch.write("pending/" + name, "x");
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  CHECK(three.open().list(Place::scripts).names == sorted);
}

TEST_CASE("error notes in failed are neither scripts nor ignored") {
  const ThreeFolders three;
  three.scratch.write("failed/x.lua", "x");
  three.scratch.write("failed/x.lua.error.txt", "why");
  three.scratch.write("failed/stray.txt", "why");
  const folder::Listing listing = three.open().list(Place::failed);
  CHECK(listing.names == std::vector<std::string>{"x.lua"});
  REQUIRE(listing.ignored.size() == 1);
  CHECK(listing.ignored[0].name == "stray.txt");
}

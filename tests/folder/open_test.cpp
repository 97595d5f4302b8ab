#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "support/child.hpp"
#include "support/folder_fixture.hpp"
#include "support/skip.hpp"

using folder::Missing;
using folder::Place;
using support::ThreeFolders;

namespace {

// The error that opening the folders throws; nullopt: it opened.
std::optional<base::Error> fault_of(const ThreeFolders& three, Missing missing = Missing::create) {
  try {
    three.open(missing);
    return std::nullopt;
  } catch (const base::Error& fault) {
    return fault;
  }
}

bool says(const std::optional<base::Error>& fault, base::ErrorKind kind, std::string_view part) {
  REQUIRE(fault);
  CAPTURE(fault->what());
  CHECK(fault->state() == "Nothing was run.");
  CHECK(!fault->next().empty());
  CHECK(std::string_view(fault->what()).find(part) != std::string_view::npos);
  return fault->kind() == kind;
}

}  // namespace

TEST_CASE("missing folders are made, with those on the way") {
  ThreeFolders three;
  three.config.folders = {
      .scripts = "a/b/pending", .succeeded = "a/done/", .failed = three.scratch.path("elsewhere/failed")};
  const folder::Folders folders = three.open();
  CHECK(three.scratch.exists("a/b/pending"));
  CHECK(three.scratch.exists("a/done"));
  CHECK(three.scratch.exists("elsewhere/failed"));
  CHECK(folders.list(Place::scripts).names.empty());
}

TEST_CASE("a command that only looks sees a missing folder as empty and makes none") {
  ThreeFolders three;
  three.scratch.remove("pending");
  three.scratch.write("failed/x.lua", "x");
  folder::Folders folders = three.open(Missing::is_empty);
  CHECK(folders.list(Place::scripts).names.empty());
  CHECK(folders.list(Place::scripts).ignored.empty());
  CHECK(folders.count(Place::scripts) == 0);
  CHECK(support::told(folders.read(Place::scripts, "x.lua")) == "vanished");
  CHECK(folders.list(Place::failed).names.size() == 1);
  folders.sync();
  CHECK(!three.scratch.exists("pending"));
}

TEST_CASE("a folder that is a symbolic link is refused, also with a trailing slash") {
  ThreeFolders three;
  three.scratch.make_folder("real");
  three.scratch.remove("failed");
  REQUIRE(::symlink("real", three.scratch.path("failed").c_str()) == 0);
  for (const char* configured : {"failed", "failed/", "./failed/.", "pending/../failed"}) {
    CAPTURE(configured);
    three.config.folders.failed = configured;
    CHECK(says(fault_of(three), base::ErrorKind::config, "is a symbolic link"));
    CHECK(says(fault_of(three, Missing::is_empty), base::ErrorKind::config, "is a symbolic link"));
  }
}

TEST_CASE("a dangling link is no missing folder") {
  const ThreeFolders three;
  three.scratch.remove("done");
  REQUIRE(::symlink("nowhere", three.scratch.path("done").c_str()) == 0);
  CHECK(says(fault_of(three), base::ErrorKind::config, "is a symbolic link"));
  CHECK(says(fault_of(three, Missing::is_empty), base::ErrorKind::config, "is a symbolic link"));
  CHECK(!three.scratch.exists("nowhere"));
}

TEST_CASE("a project that is reached through a symbolic link works") {
  ThreeFolders three;
  three.scratch.make_folder("place/pending");
  REQUIRE(::symlink("place", three.scratch.path("way").c_str()) == 0);
  three.config.directory = three.scratch.path("way");
  three.scratch.write("place/pending/x.lua", "x");
  CHECK(three.open().list(Place::scripts).names.size() == 1);
}

TEST_CASE("a file where a folder should be is refused") {
  const ThreeFolders three;
  three.scratch.remove("failed");
  three.scratch.write("failed", "I am a file");
  CHECK(says(fault_of(three), base::ErrorKind::config, "failed (\"failed\") is no folder"));
  CHECK(three.scratch.read("failed") == "I am a file");
}

TEST_CASE("a folder below a file cannot be made, and the error names it") {
  ThreeFolders three;
  three.scratch.write("file", "x");
  three.config.folders.failed = "file/failed";
  CHECK(says(fault_of(three), base::ErrorKind::io, "file/failed"));
}

TEST_CASE("the same folder twice is refused, however it is written") {
  ThreeFolders three;
  for (const char* configured : {"pending", "./pending/", "done/../pending", "pending//."}) {
    CAPTURE(configured);
    three.config.folders.failed = configured;
    CHECK(says(fault_of(three), base::ErrorKind::config, "are the same folder"));
  }
}

TEST_CASE("the same folder twice by way of a link above it is refused") {
  ThreeFolders three;
  REQUIRE(::symlink(".", three.scratch.path("way").c_str()) == 0);
  three.config.folders.failed = "way/pending";
  CHECK(says(fault_of(three), base::ErrorKind::config, "are the same folder"));
}

TEST_CASE("a folder inside another is refused, and nothing is made") {
  ThreeFolders three;
  three.config.folders.failed = "pending/failed";
  CHECK(
      says(fault_of(three), base::ErrorKind::config, "failed (\"pending/failed\") lies inside scripts (\"pending\")"));
  three.config.folders.failed = ".";
  CHECK(says(fault_of(three), base::ErrorKind::config, "lies inside failed"));
  CHECK(three.scratch.list("pending").empty());
  three.config.folders.failed = "pending2";
  CHECK_FALSE(fault_of(three));
}

TEST_CASE("folders on different file systems are refused, and both are named") {
  if (!support::is_root()) return support::skip("needs root to mount a file system");
  ThreeFolders three;
  const support::TinyDisk disk(three.scratch.path("disk"), 1 << 20);
  if (!disk.mounted()) return support::skip("mounting is forbidden here");
  three.config.folders.failed = "disk/failed";
  const auto fault = fault_of(three);
  CHECK(says(fault, base::ErrorKind::config, "different file systems"));
  CHECK(std::string(fault->what()).find("\"pending\"") != std::string::npos);
  CHECK(std::string(fault->what()).find("\"disk/failed\"") != std::string::npos);
}

TEST_CASE("two mounts of one file system are refused: a rename does not cross them") {
  if (!support::is_root()) return support::skip("needs root to mount a file system");
  const ThreeFolders three;
  const std::string failed = three.scratch.path("failed");
  if (::mount(failed.c_str(), failed.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return support::skip("mounting is forbidden here");
  const auto fault = fault_of(three);
  REQUIRE(::umount2(failed.c_str(), MNT_DETACH) == 0);
  CHECK(says(fault, base::ErrorKind::config, "different mounts"));
}

TEST_CASE("a folder that cannot be read or written is refused before anything runs") {
  if (!support::is_root()) return support::skip("needs root to look as another user");
  const ThreeFolders three;
  REQUIRE(::chmod(three.scratch.path("failed").c_str(), 0700) == 0);
  const auto fault_as_nobody = [&](Missing missing, std::string_view part) {
    return support::as_nobody([&] {
      const auto fault = fault_of(three, missing);
      if (!fault) return 0;
      const bool named = std::string_view(fault->what()).find(part) != std::string_view::npos;
      return fault->kind() == base::ErrorKind::io && named ? 1 : 2;
    });
  };
  CHECK(fault_as_nobody(Missing::is_empty, "cannot open the folder failed") == 1);
  CHECK(fault_as_nobody(Missing::create, "cannot open the folder failed") == 1);
  REQUIRE(::chmod(three.scratch.path("failed").c_str(), 0755) == 0);
  CHECK(fault_as_nobody(Missing::is_empty, "") == 0);
  CHECK(fault_as_nobody(Missing::create, "cannot move files in the folder scripts") == 1);
}

TEST_CASE("a file is shown below its folder as the user wrote it") {
  ThreeFolders three;
  three.config.folders.failed = "./failed//";
  CHECK(three.open().display(Place::failed, "x.lua") == "./failed/x.lua");
  CHECK(three.open().display(Place::scripts, "x.lua") == "pending/x.lua");
}

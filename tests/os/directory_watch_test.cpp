#include "os/directory_watch.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <poll.h>

#include "support/scratch.hpp"

namespace {

namespace fs = std::filesystem;

os::Noticed next(os::DirectoryWatch& watch) {
  pollfd wait{watch.fd(), POLLIN, 0};
  ::poll(&wait, 1, 5000);
  return watch.take();
}

}  // namespace

TEST_CASE("a directory's watch names what was written and tells a rename from a copy") {
  const support::Scratch scratch;
  auto watch = os::DirectoryWatch::open(scratch.path());
  REQUIRE(watch);
  CHECK(watch->take().entries.empty());
  scratch.write("a.lua", "x");
  const os::Noticed written = next(*watch);
  REQUIRE_FALSE(written.entries.empty());
  CHECK(written.entries.back().name == "a.lua");
  CHECK_FALSE(written.entries.back().moved_in);
  fs::rename(scratch.path("a.lua"), scratch.path("b.lua"));
  const os::Noticed moved = next(*watch);
  REQUIRE(moved.entries.size() == 1);
  CHECK(moved.entries[0].name == "b.lua");
  CHECK(moved.entries[0].moved_in);
  fs::create_directory(scratch.path("folder"));
  fs::remove(scratch.path("b.lua"));
  CHECK(watch->take().entries.empty());
}

TEST_CASE("a directory's watch says when it is of no use any more") {
  const support::Scratch scratch;
  fs::create_directory(scratch.path("in"));
  auto renamed = os::DirectoryWatch::open(scratch.path("in"));
  REQUIRE(renamed);
  fs::rename(scratch.path("in"), scratch.path("out"));
  CHECK(next(*renamed).lost);
  auto removed = os::DirectoryWatch::open(scratch.path("out"));
  REQUIRE(removed);
  fs::remove(scratch.path("out"));
  CHECK(next(*removed).lost);
}

TEST_CASE("a directory's watch is refused for what is no directory, or a link to one") {
  const support::Scratch scratch;
  scratch.write("file", "x");
  fs::create_directory(scratch.path("in"));
  fs::create_directory_symlink(scratch.path("in"), scratch.path("link"));
  for (const char* name : {"file", "link", "nothing"}) CHECK_FALSE(os::DirectoryWatch::open(scratch.path(name)));
}

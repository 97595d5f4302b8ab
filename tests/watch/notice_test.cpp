#include "watch/notice.hpp"

#include <doctest/doctest.h>
#include <filesystem>

#include "base/error.hpp"
#include "support/scratch.hpp"

namespace {

core::Config config_in(const support::Scratch& scratch) {
  core::Config config;
  config.directory = scratch.path();
  return config;
}

}  // namespace

TEST_CASE("notice: what the watcher shows is read back, whatever bytes are in a name, and goes with it") {
  const support::Scratch scratch;
  const core::Config config = config_in(scratch);
  CHECK_FALSE(watch::read_notice(config));
  watch::Notice notice{42, "host", {1000}, "polling", "an overlay", std::chrono::milliseconds(2000), {}};
  notice.waiting.push_back({"\xff\xc3\xa9\x80.lua", "held \xfe", base::Instant{5000}});
  notice.waiting.push_back({"b.lua", "still being written", {}});
  {
    watch::NoticeBoard board(config);
    CHECK(watch::is_watched(config));
    board.publish(notice);
    CHECK(watch::read_notice(config) == notice);
    notice.waiting.clear();
    board.publish(notice);
    CHECK(watch::read_notice(config) == notice);
  }
  CHECK_FALSE(watch::is_watched(config));
  CHECK_FALSE(watch::read_notice(config));
}

TEST_CASE("notice: a second watcher is refused with the process of the first") {
  const support::Scratch scratch;
  const core::Config config = config_in(scratch);
  watch::NoticeBoard first(config);
  first.publish({4711, "host-a", {1000}, "events", "", std::chrono::milliseconds(1), {}});
  try {
    const watch::NoticeBoard second(config);
    FAIL("two watchers");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::lock_held);
    CHECK(std::string(error.what()).find("process 4711 on host-a") != std::string::npos);
  }
}

TEST_CASE("notice: what a dead watcher left, and what is no notice, says nothing") {
  const support::Scratch scratch;
  const core::Config config = config_in(scratch);
  std::filesystem::create_directories(scratch.path(".fettle/watch"));
  scratch.write(".fettle/watch/status.json", R"({"pid":1,"sight":"events"})");
  CHECK_FALSE(watch::read_notice(config));
  const watch::NoticeBoard board(config);
  for (const char* text : {"", "[]", "{", R"({"pid":"x","waiting":[1,{"script":5}]})"}) {
    scratch.write(".fettle/watch/status.json", text);
    const auto read = watch::read_notice(config);
    CHECK((!read || read->pid == 0));
  }
}

#include "cli/config_moves.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>

#include "cli/config_keys.hpp"
#include "support/site.hpp"

using support::Ended;
using support::Site;

namespace {

std::string moved(std::string_view text) {
  const cli::MovedConfig config = cli::move_keys(text);
  CHECK(config.by_hand.empty());
  CHECK(config.lines.empty() == (config.text == text));
  CHECK(cli::move_keys(config.text).lines.empty());  // twice is once
  return config.text;
}

}  // namespace

TEST_CASE("every key that is called otherwise now exists under its new name alone") {
  for (const cli::Moved& each : cli::moved_keys()) {
    CHECK(cli::find_key(each.from) == nullptr);
    CHECK(cli::find_key(each.to) != nullptr);
    CHECK(cli::name_now(each.from) == each.to);
  }
  CHECK(cli::name_now("run.timeout") == "");
}

TEST_CASE("a key moves to its section with its comment, and everything else stays as it was") {
  CHECK(moved("[run]\nsettle = \"2s\"  # slow disk\ntimeout = \"1m\"\n\n[watch]\n# first\nenabled = true\n\n[log]\n") ==
        "[run]\ntimeout = \"1m\"\n\n[watch]\n# first\nenabled = true\nsettle = \"2s\"  # slow disk\n\n[log]\n");
  CHECK(moved("[watch]\nenabled = true\n[run]\n  \"settle\"=\"2s\"\n") ==
        "[watch]\nenabled = true\nsettle =\"2s\"\n[run]\n");
  CHECK(moved("[ run ] # x\nsettle = \"2s\"") == "[ run ] # x\n\n[watch]\nsettle = \"2s\"\n");
  CHECK(moved("run.settle = \"2s\" # x\n[log]\n") == "watch.settle = \"2s\" # x\n[log]\n");
}

TEST_CASE("what only looks like such a key is left alone") {
  for (const char* text : {"", "\n", "[run]\n# settle = 1\n", "[runs]\nsettle = 1\n", "[run]\nunsettle = 1\n",
                           "[databases.run]\nsettle = 1\n", "[hooks]\na = \"\"\"\n[run]\nsettle = 1\n\"\"\"\n",
                           "[[run]]\nsettle = 1\n", "[hooks]\nbefore_run = 'x [run] settle = 1'\n"})
    CHECK(moved(text) == text);
}

TEST_CASE("where both names are set a person has to decide") {
  const cli::MovedConfig config = cli::move_keys("[run]\nsettle = 1\n[watch]\nsettle = 2\n");
  CHECK(config.lines.empty());
  REQUIRE(config.by_hand.size() == 1);
  CHECK(config.by_hand.front().find("line 2: run.settle is called watch.settle now") == 0);
}

TEST_CASE("journey: an old configuration is refused with the way out, brought up to date, and works") {
  const Site site("settle = \"2s\"  # it takes a while\n");
  REQUIRE(::chmod(site.path("config.toml").c_str(), 0600) == 0);
  const std::string before = support::read_file(site.path("config.toml"));
  const Ended refused = site.fettle({"status"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("fettle config migrate") != std::string::npos);
  const Ended dry = site.fettle({"config", "migrate", "--dry-run"});
  CHECK(dry.status == 0);
  CHECK(dry.out.find("- settle = \"2s\"  # it takes a while\n+ [watch] settle = \"2s\"") != std::string::npos);
  CHECK(support::read_file(site.path("config.toml")) == before);
  CHECK(site.fettle_json({"config", "migrate", "--json"}).at("written") == true);
  CHECK(site.fettle({"status"}).status == 0);
  CHECK(site.fettle({"config", "show"}).out.find("settle = \"2s\"") != std::string::npos);
  struct stat file {};
  REQUIRE(::stat(site.path("config.toml").c_str(), &file) == 0);
  CHECK((file.st_mode & 0777U) == 0600);
  CHECK(site.tree() == std::vector<std::string>{});
  CHECK(site.fettle({"config", "migrate"}).out.find("has no key that is called otherwise now") != std::string::npos);
  CHECK(site.fettle({"-c", "none.toml", "config", "migrate"}).status == 2);
}

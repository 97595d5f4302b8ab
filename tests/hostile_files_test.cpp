// What may lie in the pending folder and is no script: a run neither hangs on it, nor follows, reads or moves it.
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/program.hpp"
#include "support/scratch.hpp"

namespace {

namespace fs = std::filesystem;

const std::string k_catalogue = FETTLE_SOURCE_DIR "/tests/hostile";
constexpr const char* k_never = "error('this must not run')";

void make_socket(const std::string& directory, const char* name) {
  const std::string here = fs::current_path().string();
  fs::current_path(directory);  // the address of a socket is short
  const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string_view(name).copy(address.sun_path, sizeof address.sun_path - 1);
  CHECK(::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(handle);
  fs::current_path(here);
}

// Nine files that are no scripts.
void furnish(const support::Scratch& scratch) {
  scratch.write("outside.lua", k_never);
  scratch.make_folder("fix-scripts/001_folder.lua");
  fs::create_symlink(scratch.path("outside.lua"), scratch.path("fix-scripts/002_link.lua"));
  fs::create_symlink("nowhere.lua", scratch.path("fix-scripts/003_dangling.lua"));
  fs::create_symlink("004_itself.lua", scratch.path("fix-scripts/004_itself.lua"));
  REQUIRE(::mkfifo(scratch.path("fix-scripts/005_fifo.lua").c_str(), 0600) == 0);
  make_socket(scratch.path("fix-scripts"), "006_socket.lua");
  for (const char* name : {".007_hidden.lua", "008_editor.lua~", "009_part.lua.part"})
    scratch.write(std::string("fix-scripts/") + name, k_never);
  scratch.write("fix-scripts/010_honest.lua", support::read_file(k_catalogue + "/honest.script"));
}

}  // namespace

TEST_CASE("hostile: links, pipes, sockets, folders and temporary files among the pending stay, unread, with a reason") {
  const support::Scratch scratch;
  fs::copy_file(k_catalogue + "/config.toml", scratch.path("config.toml"));
  for (const char* file : {"app.db", "other.db"})
    support::run({.command = {"sqlite3", file, ".read " + k_catalogue + "/seed.sql"},
                  .directory = scratch.path(),
                  .environment = {}});
  furnish(scratch);
  const auto fettle = [&](std::vector<std::string> words) {
    words.insert(words.begin(), support::fettle_binary());
    return support::run({.command = words, .directory = scratch.path(), .environment = {}}, support::Seconds(20));
  };
  const support::Ended ran = fettle({"run", "--json"});
  REQUIRE(ran.status == 0);
  const auto report = nlohmann::json::parse(ran.out);
  REQUIRE(report["scripts"].size() == 1);
  CHECK(report["scripts"][0]["outcome"] == "succeeded");
  CHECK(scratch.list("fix-scripts").size() == 9);
  CHECK(scratch.read("outside.lua") == k_never);
  const auto status = nlohmann::json::parse(fettle({"status", "--json"}).out);
  CHECK(status["pending"].empty());
  for (const auto& ignored : status["ignored"]) CHECK_FALSE(ignored["reason"].get<std::string>().empty());
  CHECK(status["ignored"].size() == 9);
}

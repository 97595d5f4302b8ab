// From a rename into a folder until the file is out of it again, done: the one who drops and measures, and the least
// that a watcher with a record must do.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <lua.hpp>
#include <poll.h>
#include <string>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "parts.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Events {
  int fd;

  Events(const std::string& folder, std::uint32_t mask) : fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    need(fd >= 0 && inotify_add_watch(fd, folder.c_str(), mask) >= 0, "inotify");
  }
  ~Events() { close(fd); }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // Names since the last call; waits for the first.
  std::vector<std::string> next(int milliseconds) const {
    alignas(inotify_event) std::array<char, 65536> room;
    std::vector<std::string> names;
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, milliseconds) <= 0) return names;
    const ssize_t got = read(fd, room.data(), room.size());
    for (std::size_t at = 0; got > 0 && at < static_cast<std::size_t>(got);) {
      const auto& event = *reinterpret_cast<const inotify_event*>(room.data() + at);
      if (event.len > 0) names.emplace_back(event.name);
      at += sizeof(inotify_event) + event.len;
    }
    return names;
  }
};

void write_file(const std::string& path, const char* text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  need(file != nullptr && std::fputs(text, file) >= 0 && std::fclose(file) == 0, path.c_str());
}

void run_in_a_child(const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    lua_State* lua = luaL_newstate();
    luaL_openlibs(lua);
    bool well = luaL_loadfile(lua, path.c_str()) == LUA_OK && lua_pcall(lua, 0, 1, 0) == LUA_OK;
    for (const char* function : {"shouldRun", "execute"}) {
      if (!well) break;
      lua_getfield(lua, -1, function);
      well = lua_pcall(lua, 0, 1, 0) == LUA_OK;
      lua_pop(lua, 1);
    }
    _exit(well ? 0 : 1);
  }
  int status = 0;
  need(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the script");
}

}  // namespace

void watch_folder(const std::string& directory) {
  const std::string from = directory + "/fix-scripts/";
  const std::string to = directory + "/successfully-ran/";
  const Database ledger(directory + "/floor.db");
  ledger.execute("PRAGMA journal_mode=WAL");
  ledger.execute("PRAGMA synchronous=FULL");
  ledger.execute("CREATE TABLE IF NOT EXISTS attempt (id INTEGER PRIMARY KEY, script TEXT, outcome TEXT)");
  const Statement begin(ledger, "INSERT INTO attempt (script) VALUES (?)");
  const Statement end(ledger, "UPDATE attempt SET outcome = 'succeeded' WHERE id = last_insert_rowid()");
  const Events events(from, IN_MOVED_TO | IN_CLOSE_WRITE);
  for (;;)
    for (const std::string& name : events.next(-1)) {
      sqlite3_bind_text(begin.get(), 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
      begin.run_once();
      run_in_a_child(from + name);
      end.run_once();
      need(rename((from + name).c_str(), (to + name).c_str()) == 0, "rename");
    }
}

void drop_files(const std::string& directory, int count, int pause, const std::string& done) {
  const std::string staged = directory + "/staged.lua";
  const Events events(directory + "/" + done, IN_MOVED_TO | IN_CREATE);
  for (int number = 0; number < count; ++number) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%06d_fix.lua", number);
    const std::string text = "-- " + std::string(name.data()) +
                             "\nreturn { shouldRun = function() return true end,\n"
                             "execute = function() return { executed = true } end }\n";
    write_file(staged, text.c_str());
    usleep(static_cast<useconds_t>(pause) * 1000);
    while (!events.next(0).empty()) {
    }
    const auto start = Clock::now();
    need(rename(staged.c_str(), (directory + "/fix-scripts/" + name.data()).c_str()) == 0, "rename");
    bool seen = false;
    while (!seen) {
      const std::vector<std::string> names = events.next(10'000);
      if (names.empty()) break;
      seen = std::find(names.begin(), names.end(), name.data()) != names.end();
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    if (seen) std::printf("%.6f\n", took.count());
  }
}

}  // namespace bench

// What posix_spawn(3) is told beside the program: descriptors to put in place, signals, session. Private to the room.
#pragma once

#include <spawn.h>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"

namespace os {

struct SpawnActions {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  SpawnActions();
  ~SpawnActions();
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  // flags: POSIX_SPAWN_… beside.
  void block_no_signal(short flags);
  void block_and_ignore_no_signal(short flags);
};

// The program's arguments as it takes them. They must live as long.
std::vector<char*> pointers(const std::vector<std::string>& texts);

// A file in memory, to be read from its start: nobody has to read it, and a pipe would have to wait for that. Nobody
// can change it. Empty: errno says why.
Fd file_with(std::string_view text) noexcept;

// The same file under a number above the standard streams, whose places it may be about to take. Empty: errno.
Fd above_streams(const Fd& fd, int above = 2) noexcept;

}  // namespace os

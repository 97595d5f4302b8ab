// Another program as a child of this process, with one channel to it: how the watcher starts `fettle run`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "os/channel.hpp"
#include "os/fd.hpp"

namespace os {

// In a process group of its own, so that a Ctrl-C at the terminal reaches only its parent; with this process's working
// directory, environment and standard streams, and with no other descriptor than its end of the channel.
struct Program {
  std::int64_t pid = 0;
  Fd pidfd;         // readable once it has ended
  Channel channel;  // ours; non-blocking
};

inline constexpr int k_program_channel = 3;  // the descriptor of the child's end, in the child

// arguments: with the program's own name first. Throws Error(internal).
Program start_program(const std::string& path, const std::vector<std::string>& arguments);

void signal_program(const Program& program, int signal) noexcept;

// After it has ended: its status, as of wait(2).
int reap(const Program& program) noexcept;

// The path of the running program itself, also when its file was replaced meanwhile.
inline constexpr const char* k_own_program = "/proc/self/exe";

}  // namespace os

// Another program as a child of this process, with one channel to it: how the watcher starts `fettle run`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/channel.hpp"
#include "os/fd.hpp"

namespace os {

// In a process group of its own, so that a Ctrl-C at the terminal reaches only its parent; with this process's working
// directory, environment and standard streams, and with no other descriptor than these two.
struct Program {
  std::int64_t pid = 0;
  Fd pidfd;         // readable once it has ended
  Channel channel;  // ours; non-blocking
};

// Descriptors in the child.
inline constexpr int k_program_channel = 3;  // its end of the channel
inline constexpr int k_program_text = 4;     // what is handed to it

// arguments: with the program's own name first. text: handed to it, so that it need not be read from a file which may
// be another one by then. Throws Error(internal).
Program start_program(const std::string& path, const std::vector<std::string>& arguments, std::string_view text);

// In the child: that text; the descriptor is closed. Throws Error(internal).
std::string handed_text(int descriptor);

void signal_program(const Program& program, int signal) noexcept;

// After it has ended: its status, as of wait(2).
int reap(const Program& program) noexcept;

// The path of the running program itself, also when its file was replaced meanwhile.
inline constexpr const char* k_own_program = "/proc/self/exe";

}  // namespace os

// A command line of the administrator as a child: for /bin/sh, with a text on its stdin, what it says kept, and a limit
// of time for all of it. Nothing of it can stall or end its parent. Called in the runner, and in a broker before it is
// locked down.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace os {

struct Command {
  std::string text;                                              // for sh -c
  std::string directory;                                         // where it works
  std::vector<std::pair<std::string, std::string>> environment;  // set for it, beside what this process has
  std::string_view input;                                        // its stdin; it may leave it unread
  std::chrono::milliseconds limit{0};
};

struct CommandEnd {
  enum class How : std::uint8_t { exited, killed, timed_out, stopped, not_started };
  How how = How::exited;
  int code = 0;  // of exited: its exit code; of killed: the signal
  std::chrono::microseconds duration{0};
  std::string output;  // of its stdout and stderr as they came: the first and the last lines
  std::string fault;   // of not_started: why
};

// What is kept of a long output: whole lines of its beginning and of its end, with a note of what lies between.
class Excerpt {
 public:
  explicit Excerpt(std::size_t most) : most_(most) {}  // bytes, of either part

  void add(std::string_view piece);
  std::string text() const;

 private:
  std::size_t most_;
  std::uint64_t total_ = 0;
  std::string head_, tail_;
};

// Waits until it ends, at most for its limit and the few seconds that killing may take. It works in a session of its
// own, without a terminal, with no descriptor but stdin, stdout and stderr, and with signals as a program expects them.
// At the limit its process group is told to end (SIGTERM), then killed; likewise when must_stop() says so, which is
// asked whenever stop_fd is readable (-1: never). What it leaves in the background after it has ended by itself lives
// on, and is not waited for.
CommandEnd run_command(const Command& command, int stop_fd, const std::function<bool()>& must_stop);

}  // namespace os

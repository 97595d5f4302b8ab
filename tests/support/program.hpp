// A program under test as a child process: its output in files, its end awaited with a limit, its children found in
// /proc. It runs in a process group of its own, and the destructor kills that group.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace support {

using Seconds = std::chrono::duration<double>;

struct Ended {
  int status = -1;  // exit code; 128 + N: killed by signal N; -1: did not end in time and was killed
  bool timed_out = false;
  std::string out, err;
};

struct Launch {
  std::vector<std::string> command;
  std::string directory;
  std::vector<std::string> environment;  // NAME=VALUE, added to what is inherited
};

// The fettle to test: $FETTLE_UNDER_TEST, else the one that was built with the tests.
std::string fettle_binary();

class Program {
 public:
  explicit Program(const Launch& launch);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const noexcept { return pid_; }
  Ended wait(Seconds limit);
  bool is_over() const;
  void signal(int number) const;
  // What it has written so far.
  std::string out() const;
  std::string err() const;

 private:
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  std::optional<Ended> ended_;
};

Ended run(const Launch& launch, Seconds limit = Seconds(60));

// Direct children of a process, and those of all its descendants.
std::vector<pid_t> children_of(pid_t process);
std::vector<pid_t> descendants_of(pid_t process);
// User and system time that a process has used.
Seconds processor_time(pid_t process);

// The most memory that a process has held so far, bytes; 0: it has ended.
std::uint64_t peak_memory(pid_t process);

// Asks again every few milliseconds until the condition holds; false: it never did within the limit.
bool wait_until(const std::function<bool()>& condition, Seconds limit = Seconds(30));

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);

}  // namespace support

// Another program that goes on by itself: what it prints is kept in memory, to be looked at whenever somebody asks, and
// it notices nothing when this process ends. How `fettle serve` starts the commands that people press.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"

namespace os {

class Job {
 public:
  // arguments: with the program's own name first. In a session of its own, with input on its stdin, and with no
  // descriptor but the three standard ones. Throws Error(internal).
  Job(const std::string& path, const std::vector<std::string>& arguments, std::string_view input = {});
  Job(Job&&) noexcept = default;
  Job& operator=(Job&&) noexcept = default;

  std::int64_t pid() const noexcept { return pid_; }
  // Readable once it has ended.
  int fd() const noexcept { return pidfd_.get(); }
  // Its exit code, or 128 + the signal that ended it; nullopt: it is at work.
  std::optional<int> exit_code();
  // What it printed so far, from that byte on.
  std::string output(std::uint64_t from = 0) const;  // stdout
  std::string talk(std::uint64_t from = 0) const;    // stderr

 private:
  std::int64_t pid_ = 0;
  Fd pidfd_, out_, err_;
  std::optional<int> exit_code_;
};

}  // namespace os

// A stream that keeps what is written to it, for functions that print; and a folder to be in for one test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"

namespace support {

class Captured {
 public:
  Captured() : stream_(::open_memstream(&bytes_, &size_)) {}
  ~Captured() {
    std::fclose(stream_);
    std::free(bytes_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  std::FILE* stream() const noexcept { return stream_; }
  std::string text() const {
    std::fflush(stream_);
    return {bytes_, size_};
  }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

// The working directory is the given one for as long as this lives.
class Inside {
 public:
  explicit Inside(const std::string& directory) : before_(::get_current_dir_name()) { enter(directory.c_str()); }
  ~Inside() {
    enter(before_);
    std::free(before_);
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  static void enter(const char* directory) {
    if (::chdir(directory) != 0) std::abort();
  }
  char* before_;
};

struct Result {
  int code = 0;
  std::string out, talk;
};

// A command as it is typed, run inside a folder and inside this process.
inline Result fettle(const std::string& directory, const std::vector<std::string>& words) {
  const Inside inside(directory);
  const Captured out, talk;
  const int code = cli::execute(cli::parse_arguments(words, cli::command_names()), out.stream(), talk.stream());
  return {code, out.text(), talk.text()};
}

inline std::size_t widest_line(std::string_view text) {
  std::size_t widest = 0;
  for (const std::string_view line : base::split(text, '\n')) widest = std::max(widest, base::display_width(line));
  return widest;
}

}  // namespace support

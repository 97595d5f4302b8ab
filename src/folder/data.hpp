// The folder of data files that scripts may read (`[folders] data`), and what one attempt read of it. A name means a
// regular file below that folder, with no symbolic link on the way; nothing else can be reached. Lives in the runner,
// one for each attempt.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "os/fd.hpp"

namespace folder {

class DataFiles {
 public:
  // path: absolute; configured: as people know it. Nothing is opened yet.
  DataFiles(std::string path, std::string configured) : path_(std::move(path)), configured_(std::move(configured)) {}

  struct Part {
    std::string fault;  // for the script; empty: the rest holds
    std::string bytes;  // from the offset on, at most a quarter of a MiB; empty: the file ends there
  };
  // The first part of a file has it hashed as a whole, for as long as `goes_on` says so; a file that changes after that
  // is refused.
  Part read(const std::string& name, std::int64_t offset, const std::function<bool()>& goes_on);

  // Names and SHA-256 of what was read, by name.
  std::vector<std::pair<std::string, std::string>> taken() const;

 private:
  struct File {
    os::Fd fd;
    std::int64_t size = 0, changed = 0;  // bytes; ctime, nanoseconds
    std::string sha256;
  };

  std::string open(const std::string& name, const std::function<bool()>& goes_on, File& file);

  std::string path_, configured_;
  std::map<std::string, File> files_;
};

}  // namespace folder

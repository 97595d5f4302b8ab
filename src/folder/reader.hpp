// Reads one script whole and proves that nobody is writing it. Private to the room.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include "folder/folders.hpp"

namespace folder {

struct ReadLimits {
  std::uint64_t max_size = 0;           // bytes
  std::chrono::milliseconds settle{0};  // how long a file must be unchanged where no lease can be had
};

// Throws Error(io) when the system, not the file, refuses (no descriptors left, a failing disk).
ReadResult read_script(int directory, const std::string& name, const ReadLimits& limits);
// The same checks but for the bytes.
std::variant<core::FileStamp, NotNow, Vanished> probe_script(int directory, const std::string& name,
                                                             const ReadLimits& limits);

core::FileStamp stamp_of(const struct stat& status) noexcept;

// Empty: a regular file that is small enough. Otherwise the reason, for people.
std::string refusal_by_status(const struct stat& status, std::uint64_t max_size);

}  // namespace folder

// While it lives, scratch folders and servers are made in memory where there is room: ten thousand syncs of a disk test
// the disk.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>

namespace support {

class InMemory {
 public:
  InMemory() {
    std::error_code fault;
    if (std::filesystem::space("/dev/shm", fault).available > (std::uintmax_t{300} << 20U) && !fault)
      setenv("FETTLE_TEST_DIR", "/dev/shm", 0);
  }
  ~InMemory() {
    if (before_ == nullptr) unsetenv("FETTLE_TEST_DIR");
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;

 private:
  const char* before_ = std::getenv("FETTLE_TEST_DIR");
};

}  // namespace support

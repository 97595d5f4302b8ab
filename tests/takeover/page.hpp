// Memory that the test, fettle and all its processes share: where things lie, and what became of each call. Writing to
// it needs no system call, so a locked-down process can still say what it managed to do.
#pragma once

#include <cstdint>

namespace takeover {

constexpr int k_most_calls = 256;
constexpr int k_most_fds = 1024;

struct Slot {
  enum State : std::int32_t { untouched, begun, returned };
  std::int32_t state = untouched;
  std::int64_t result = 0;  // as the kernel gave it: -errno on failure
};

struct Page {
  std::int32_t runner = 0;    // pid of fettle itself
  std::int32_t stranger = 0;  // pid of a process of the test
  std::int32_t port = 0;      // of a listening TCP and UDP socket of the test, network order
  char ledger[256] = {}, ledger_folder[256] = {}, pending[256] = {}, script[256] = {}, database[256] = {};
  char secret[256] = {}, made[256] = {}, socket[108] = {};
  Slot worker[k_most_calls], broker[k_most_calls];
  std::int32_t worker_open = 0;  // descriptors of a worker that take a byte
};

}  // namespace takeover

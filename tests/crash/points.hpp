// The walk over every call of a run: a fresh copy of the folder, a fault at call N, one undisturbed run, one more, and
// the invariants.
#pragma once

#include <cstdint>
#include <string>

#include "site.hpp"

namespace crash {

enum class Trouble {
  kill,      // every process at once
  kill_one,  // only the process that makes the call
  eio,       // the call fails
  enospc,
  power,  // both disks lose what was not synced
};

struct Plan {
  Setting setting;
  std::string scratch;
  Trouble trouble = Trouble::kill;
  std::uint32_t every = 1, from = 1;
  std::uint32_t to = UINT32_MAX;
  std::uint64_t seed = 1;
  bool lasting = false;  // eio, enospc: all calls after N fail too, until the end of the run
  bool again = false;    // the next run, which recovers, is struck as well, at a call that the seed chooses
  bool list = false;     // only print the calls of an undisturbed run
  bool verbose = false;  // print what fettle said
};

struct Tally {
  std::uint64_t calls = 0;  // that an undisturbed run makes
  std::uint64_t points = 0, violations = 0;
  std::uint64_t not_reached = 0;  // the run made fewer calls this time
};

// Prints a line for each violation. Throws std::runtime_error when the harness itself cannot work.
Tally try_points(const Plan& plan);

}  // namespace crash

// Stops what servers are at for a locked-down broker. To stop a statement a client needs a second connection, which the
// broker, once locked down, cannot make. So a child, forked before that, waits for a number and does it. It hears
// nothing of what scripts say.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "os/fd.hpp"

namespace target {

struct Interruption {
  std::function<void()> act;  // empty: nothing is to be done
  int fd = -1;                // that it needs; -1: none
};

class Interrupter {
 public:
  // Forks the child; does nothing when none of them acts. Throws Error(internal).
  explicit Interrupter(const std::vector<Interruption>& all);
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

  // Has one of them done, soon; never waits.
  void ask(std::size_t which) const noexcept;

 private:
  os::Fd channel_;
};

}  // namespace target

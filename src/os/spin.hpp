// Looks a few times for an answer before its caller goes to sleep for it.
//
// A question of a script to the broker takes 2 to 10 µs to answer, but to wake a processor that went idle meanwhile
// takes some 50 µs on a virtual machine. So whoever waits looks for twice that first, as long as looking pays: after a
// miss the next waits are slept through, twice as many after each further one, so that a machine with more to do than
// processors, or a statement that takes its time, costs next to nothing. Makes no system call of its own but, where the
// C library needs one for it, clock_gettime.
#pragma once

#include <chrono>

#include "os/clock.hpp"

namespace os {

class Spin {
 public:
  // Asks the kernel for the processors that this process may use: call it before a lock-down. With one there is nothing
  // to look for: the peer cannot run meanwhile.
  static Spin for_this_machine() noexcept;

  // True once look() is true; false: not within the time, or not tried; then sleep.
  template <class Look>
  bool sees(Look look) {
    if (!useful_) return false;
    if (left_out_ > 0) {
      --left_out_;
      return false;
    }
    const Deadline end = Steady::now() + k_patience;
    do {
      if (look()) {
        misses_ = 0;
        return true;
      }
    } while (Steady::now() < end);
    if (misses_ < k_most_misses) ++misses_;
    left_out_ = (1U << misses_) - 1;
    return false;
  }

 private:
  static constexpr std::chrono::microseconds k_patience{100};
  static constexpr unsigned k_most_misses = 6;  // then one wait in 64 looks

  bool useful_ = false;
  unsigned misses_ = 0;
  unsigned left_out_ = 0;
};

}  // namespace os

// How a person stops a run: the first SIGINT or SIGTERM lets the script at work finish, the second ends it.
#pragma once

#include <functional>

#include "os/signals.hpp"

namespace runner {

class Stop {
 public:
  // on_first: told once, when the first signal has arrived.
  explicit Stop(std::function<void()> on_first) : on_first_(std::move(on_first)) {}

  int fd() const noexcept { return signals_.fd(); }

  // Takes in what has arrived.
  void look() {
    while (const int signal = signals_.take()) {
      if (++count_ == 1) {
        signal_ = signal;
        on_first_();
      }
    }
  }
  bool requested() const noexcept { return count_ > 0; }
  bool at_once() const noexcept { return count_ > 1; }
  int signal() const noexcept { return signal_; }

 private:
  os::StopSignals signals_;
  std::function<void()> on_first_;
  int count_ = 0;
  int signal_ = 0;
};

}  // namespace runner

// SIGINT, SIGTERM and SIGHUP as something that poll(2) sees, so that no code ever runs inside a signal handler.
#pragma once

#include "os/fd.hpp"

namespace os {

// From construction on these signals are blocked in this process and arrive at fd(). One of these, in the runner and in
// the watcher only.
class StopSignals {
 public:
  // heard: SIGHUP arrives, too. Otherwise it ends the process, as it does by default.
  enum class Hangup { ends, heard };
  explicit StopSignals(Hangup hangup = Hangup::ends);

  int fd() const noexcept { return fd_.get(); }
  // The next signal that has arrived; 0: none.
  int take() noexcept;

 private:
  Fd fd_;
};

// For every process of fettle: a closed pipe is an error code, and a broken lease is no death.
void ignore_pipe_and_lease_signals() noexcept;

// For a forked helper: default handling, nothing blocked; SIGINT and SIGTERM ignored, since the runner alone decides.
void reset_signals_in_helper() noexcept;

}  // namespace os

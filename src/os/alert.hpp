// Several things that wake who waits, behind one descriptor for poll(2): descriptors that become readable, what happens
// in a directory (inotify, where it tells), and a tick for what nothing tells. Lives in the runner.
#pragma once

#include <chrono>
#include <string>

#include "os/fd.hpp"

namespace os {

class Alert {
 public:
  // directory: one that may not exist; then only the tick sees into it. Throws Error(internal).
  Alert(int descriptor, const std::string& directory, std::chrono::milliseconds tick);

  int fd() const noexcept { return fd_.get(); }
  // Takes in what woke, the descriptor aside.
  void quiet() noexcept;

 private:
  Fd fd_, timer_, directory_;
};

}  // namespace os

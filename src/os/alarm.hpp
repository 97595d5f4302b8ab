// Rings at a point of wall time, and also when somebody sets the clock, since that point has then moved. A sleeping
// machine rings when it wakes. Lives in the watcher.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "os/fd.hpp"

namespace os {

class Alarm {
 public:
  Alarm();  // throws Error(internal)

  int fd() const noexcept { return fd_.get(); }
  // nullopt: none. A time that has passed rings at once.
  void set(std::optional<base::Instant> at);
  // After it rang. It is silent until it is set again.
  void hush() noexcept;

 private:
  Fd fd_;
  std::optional<base::Instant> at_;
};

}  // namespace os

#include "os/spin.hpp"

#include <sched.h>

namespace os {

Spin Spin::for_this_machine() noexcept {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  Spin spin;
  spin.useful_ = ::sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) > 1;
  return spin;
}

}  // namespace os

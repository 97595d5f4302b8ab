// A helper process as its runner holds it: by pidfd, so that a signal can never reach a stranger.
#pragma once

#include <cstdint>

#include "os/fd.hpp"

namespace os {

// A descriptor of a child that has not been waited for yet. Throws Error(internal).
Fd open_pidfd(std::int64_t pid);

// SIGKILL. No effect when the process is gone already.
void kill_process(const Fd& pidfd) noexcept;

// Whether the process has ended (readable pidfd).
bool has_ended(const Fd& pidfd) noexcept;

}  // namespace os

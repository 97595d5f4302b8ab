// One run at a time: the lock on the ledger's folder, and who holds it.
#pragma once

#include <chrono>
#include <optional>

#include "core/config.hpp"
#include "core/feed.hpp"
#include "core/observer.hpp"
#include "os/fd.hpp"

namespace runner {

// Makes the ledger's folder when it is missing. Waits as long as asked, saying so once (observer may be null); who
// asked for nothing waits for a run of the watcher, which ends by itself, and for no other. A run that is supervised
// waits only as long as somebody supervises it. Throws Error: lock_held with who holds it, or with the run of another
// host that may still be alive; io.
os::Fd take_run_lock(const core::Config& config, std::optional<std::chrono::milliseconds> wait,
                     core::Observer* observer, core::Feed* feed = nullptr);

// The same at once, whatever another host may have left behind: a person vouches for it.
os::Fd force_run_lock(const core::Config& config);

}  // namespace runner

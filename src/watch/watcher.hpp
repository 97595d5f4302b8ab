// `fettle watch`: keeps the folder in order by itself. An event, a timer or a signal only says "look"; what lies in the
// folder then decides whether a run is started. One process, one loop, no thread: it never waits for anything but in
// poll(2), so that it always hears its signals and its watchdog. Opens the ledger only to read.
#pragma once

#include <functional>
#include <string>

#include "core/config.hpp"

namespace watch {

struct WatchRequest {
  core::Config config;
  // Read anew, for SIGHUP. Throws base::Error.
  std::function<core::Config()> reload;
  std::function<void(const core::Config&)> start_log;
};

// Until a signal ends it: 128 + that signal. Throws Error: lock_held when another watcher is at work; config, io.
int watch(WatchRequest request);

}  // namespace watch

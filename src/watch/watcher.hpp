// `fettle watch`: keeps the folder in order by itself. An event, a timer or a signal only says "look"; what lies in the
// folder then decides whether a run is started. One process, one loop, no thread: it never waits for anything but in
// poll(2), so that it always hears its signals and its watchdog. Opens the ledger only to read.
#pragma once

#include <functional>
#include <string>

#include "core/config.hpp"
#include "os/log.hpp"

namespace watch {

// A configuration, the text that it was read from, and where the log goes by it.
struct InForce {
  core::Config config;
  std::string text;
  os::LogSettings log;
};

struct WatchRequest {
  InForce in_force;
  // Read anew, for SIGHUP. Throws base::Error.
  std::function<InForce()> reload;
};

// Until a signal ends it: 128 + that signal; 0: it was switched off by a new configuration. Throws Error: lock_held
// when another watcher is at work; config, io.
int watch(WatchRequest request);

}  // namespace watch

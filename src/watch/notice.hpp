// What the watcher tells everybody who asks for the status: a small file in a folder beside the ledger, written when it
// changes. The lock on that folder is the watcher's life: it is free once the process is dead, however it died.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/config.hpp"
#include "os/fd.hpp"

namespace watch {

struct Notice {
  std::int64_t pid = 0;
  std::string host;
  base::Instant since;
  std::string sight;                      // "events", "polling", "missing"
  std::string why;                        // not by events alone; empty otherwise
  std::chrono::milliseconds interval{0};  // between two looks at everything
  struct Script {
    std::string script, reason;
    std::optional<base::Instant> until;
    bool operator==(const Script&) const = default;
  };
  std::vector<Script> waiting;
  bool operator==(const Notice&) const = default;
};

// nullopt: no watcher is at work here (or one that is just starting).
std::optional<Notice> read_notice(const core::Config& config);
// Whether a watcher is at work.
bool is_watched(const core::Config& config);

// The watcher's side.
class NoticeBoard {
 public:
  // Takes the lock. Throws Error: lock_held with who holds it; io.
  explicit NoticeBoard(const core::Config& config);
  ~NoticeBoard();  // takes the notice away
  NoticeBoard(const NoticeBoard&) = delete;
  NoticeBoard& operator=(const NoticeBoard&) = delete;

  // No effect when nothing has changed. What cannot be written is left out: a status is never worth stopping for.
  void publish(Notice notice);

 private:
  std::string folder_;
  os::Fd lock_;
  std::optional<Notice> shown_;
};

}  // namespace watch

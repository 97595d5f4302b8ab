// What the script at work has said so far, for who looks while it works (the page): a small file beside the ledger. The
// record comes later, with the outcome (ScriptLines); this one is thrown away then. A script that is over soon leaves
// nothing, and costs nothing. Lives in the runner, one for each attempt.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"

namespace runner {

class LiveLog {
 public:
  LiveLog(const core::Config& config, std::int64_t attempt);
  ~LiveLog();  // takes the file away
  LiveLog(const LiveLog&) = delete;
  LiveLog& operator=(const LiveLog&) = delete;

  void add(core::LineLevel level, std::string_view text);
  // When write() has something to do.
  os::Deadline due() const noexcept;
  // Where it cannot, nothing is said: to be looked at is never worth stopping for.
  void write() noexcept;

 private:
  std::string path_;
  std::int64_t attempt_;
  os::Deadline due_;
  std::string untold_;
  os::Fd file_;
  bool given_up_ = false;
};

// The lines of this attempt so far; none when it is not the one at work, or has said nothing yet.
std::vector<ledger::LogLine> live_lines(const core::Config& config, std::int64_t attempt);

}  // namespace runner

// A run's ear for people between two of its scripts: what they told it meanwhile goes into the ledger, and a pause is
// waited out. Lives in the runner process.
#pragma once

#include <functional>

#include "base/time.hpp"
#include "core/observer.hpp"
#include "ledger/ledger.hpp"
#include "runner/stop.hpp"

namespace runner {

class Attention {
 public:
  // All of these outlive it.
  Attention(Stop& stop, ledger::Ledger& ledger, core::Observer& observer)
      : stop_(stop), ledger_(ledger), observer_(observer) {}

  // Notes what was obeyed, for the next commit of the ledger; nothing is at work. Whether the run is paused. Throws
  // Error(ledger_broken).
  bool look();

  // Waits as long as the run is paused and neither is stopped nor goes_on() says no. prepare: called before it waits.
  // Throws Error(ledger_broken), and what prepare throws.
  void wait_while_paused(const std::function<void()>& prepare, const std::function<bool()>& goes_on);

 private:
  void note(const Order& order);

  Stop& stop_;
  ledger::Ledger& ledger_;
  core::Observer& observer_;
  base::Instant noted_;  // the pause that was noted last
};

}  // namespace runner

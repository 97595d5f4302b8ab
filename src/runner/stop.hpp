// How people stop a run: the first SIGINT or SIGTERM lets the script at work finish, the second ends it; `fettle
// cancel` ends the run or one script at once; `fettle pause` holds it between two scripts. Lives in the runner.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/config.hpp"
#include "os/alert.hpp"
#include "os/signals.hpp"
#include "runner/orders.hpp"

namespace runner {

inline constexpr const char* k_script_at_work = "the script at work";

class Stop {
 public:
  // run: its number, for orders that name one. on_first: told once, when the first signal has arrived, what may finish
  // all the same.
  Stop(const core::Config& config, std::int64_t run, std::function<void(const std::string& at_work)> on_first);

  int fd() const noexcept { return alert_.fd(); }
  // Readable for signals only, which stay until look() takes them in.
  int signals_fd() const noexcept { return signals_.fd(); }

  // Takes in what has arrived.
  void look();
  // No further script is begun.
  bool requested() const noexcept { return count_ > 0; }
  int count() const noexcept { return count_; }
  // The script at work is to be ended.
  bool at_once() const noexcept { return count_ > 1 || only_this_; }
  int signal() const noexcept { return signal_; }
  // For whom `fettle cancel SCRIPT` is meant; empty: nothing is at work.
  void works_on(const std::string& script);

  // The orders that were obeyed since it was asked last, for the ledger.
  std::optional<Order> obeyed() { return std::exchange(obeyed_, std::nullopt); }
  // Why the script at work was ended.
  std::string reason() const;
  const Orders& orders() const noexcept { return orders_; }

  std::string at_work = k_script_at_work;

 private:
  void look_for_cancel();

  os::StopSignals signals_;
  Orders orders_;
  os::Alert alert_;
  std::int64_t run_;
  std::function<void(const std::string&)> on_first_;
  std::string script_;  // at work
  int count_ = 0;
  int signal_ = 0;
  bool only_this_ = false;          // of a script that was cancelled
  std::optional<Order> cancelled_;  // why
  std::optional<Order> obeyed_;
};

}  // namespace runner

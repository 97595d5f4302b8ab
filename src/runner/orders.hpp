// What people tell a run that goes on, from other processes and hosts: files in a folder beside the ledger. Standing
// order: `pause`, which is in force as long as its file lies there. Told once: `resume` and `cancel`, which the run
// takes away when it obeys. Written by `fettle pause|resume|cancel`, read by the run that holds the lock. They belong
// to whoever the ledger's folder does, so that a service hears what an administrator says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/config.hpp"
#include "ledger/ledger.hpp"

namespace runner {

struct Order {
  std::string verb;      // "pause", "resume", "cancel"; k_over
  std::string script;    // cancel: only this one, if it is at work; empty: the whole run
  std::int64_t run = 0;  // cancel: of this run
  std::string by, host, reason;
  base::Instant at;
  bool recorded = false;  // the ledger has it already
  // Something lies there that cannot be read: a pause all the same, for nobody knows that it is none. Empty: all is
  // well.
  std::string fault{};
};

// The verb of a pause that is over, and of which the ledger has not heard yet.
inline constexpr std::string_view k_over = "over";

class Orders {
 public:
  explicit Orders(const core::Config& config);

  const std::string& folder() const noexcept { return folder_; }
  // Makes the folder. Throws Error(io).
  void make_folder() const;

  // What lies there now; nullopt: nothing. A look costs one system call when there is nothing.
  std::optional<Order> find(std::string_view verb) const;
  // Gives it and takes it away.
  std::optional<Order> take(std::string_view verb) const;
  // Whole or not at all; replaces one of the same verb. Throws Error(io).
  void give(const Order& order) const;
  // Of what stands: the ledger has it now. Why that cannot be kept; empty: it is.
  [[nodiscard]] std::string set_recorded(const Order& order) const;
  // Ends a pause; it is kept under k_over until the ledger has heard of it.
  void end_pause(const Order& pause) const;

 private:
  std::string path(std::string_view verb) const;
  bool put(const Order& order) const;  // false: errno says why
  void belong(int fd, bool is_folder) const;

  std::string folder_;
};

// Writes it down while no run goes on. Takes the run lock. Throws Error: lock_held, io, ledger_broken.
void record(const core::Config& config, const Order& order);

// As the audit trail has it.
ledger::Event event_of(const Order& order);

// "by anna on db1 at 2026-01-02 12:00:03: ticket 4711"
std::string describe(const Order& order);

}  // namespace runner

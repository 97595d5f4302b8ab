// Whether anything has changed that a page shows: the ledger, the three folders, the watcher, orders. Looks are cheap:
// a counter of the ledger and times of folders. Lives in the thread that holds the sockets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "ledger/history.hpp"

namespace web {

class Pulse {
 public:
  explicit Pulse(const core::Config& config);

  // Whether something changed since it was asked last. Never throws: a ledger that cannot be read now is no change.
  bool beat();
  // Whether of that the ledger; whether it is another one now.
  bool of_ledger() const noexcept { return ledger_changed_; }
  bool of_another() const noexcept { return another_; }

 private:
  std::int64_t version_of(const std::string& file);

  std::string ledger_;               // its path
  std::vector<std::string> places_;  // whose times tell
  std::optional<ledger::History> history_;
  std::int64_t version_ = 0;
  std::string seen_, file_;  // times of the places; which file the ledger is
  bool ledger_changed_ = false, another_ = false;
};

}  // namespace web

// What a run can have ready before it is known what it is to do: its helper processes, and its ledger open. No database
// is opened, no lock is held, no folder: what lies idle is in nobody's way. Lives in the runner; make it before
// anything is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/config.hpp"
#include "ledger/ledger.hpp"
#include "runner/crew.hpp"

namespace runner {

class Standby {
 public:
  // Forks the zygote. Throws Error(internal).
  explicit Standby(const core::Config& config);

  // Everything that can be done ahead. A ledger that cannot be opened, or is not there yet, is left for open_ledger().
  // Throws Error(config, internal) as Crew does.
  void get_ready();
  // For a run that holds the lock. Opens it, unless the very file is open already. Throws Error(ledger_broken).
  ledger::Ledger& open_ledger();

  Crew crew;

 private:
  using File = std::pair<std::uint64_t, std::uint64_t>;  // device, inode
  std::optional<File> ledger_file() const;

  std::string path_;
  std::optional<ledger::Ledger> ledger_;
  std::optional<File> opened_;
};

}  // namespace runner

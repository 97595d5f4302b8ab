#include "runner/standby.hpp"

#include <sys/stat.h>

#include "base/error.hpp"

namespace runner {

Standby::Standby(const core::Config& config) : crew(config), path_(config.path(config.ledger.path)) {}

std::optional<Standby::File> Standby::ledger_file() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
  return File{status.st_dev, status.st_ino};
}

void Standby::get_ready() {
  crew.stand_by();
  opened_ = ledger_file();
  if (!opened_) return;
  try {
    ledger_.emplace(ledger::Ledger::open(path_));
  } catch (const base::Error&) {
    opened_.reset();
  }
}

ledger::Ledger& Standby::open_ledger() {
  if (ledger_ && opened_ && opened_ == ledger_file()) return *ledger_;
  ledger_.reset();
  return ledger_.emplace(ledger::Ledger::open(path_));
}

}  // namespace runner

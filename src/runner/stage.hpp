// A folder beside the ledger in which a run can happen that must not touch what a person has: with copies of the ledger
// and of the pending scripts. Rehearsals and previews are runs over such a folder. Lives in the runner process; nobody
// else knows of it, and its lock says that it is in use.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "os/fd.hpp"

namespace runner {

inline constexpr const char* k_nothing_changed = "Nothing was run and nothing was changed.";

class Stage {
 public:
  // Makes the folder, and removes those that were left by processes which were killed. Throws Error(io).
  explicit Stage(const core::Config& config);
  ~Stage();  // removes it, unless it is kept
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const std::string& path() const noexcept { return path_; }
  // What tells it from all others of this ledger, letters and digits; and of all whose folders stand, also kept ones.
  std::string name() const;
  std::vector<std::string> alive() const;
  // The same run, with everything that it could change in this folder but the databases. No hooks, no guards.
  core::Config configured() const;
  // The ledger and the pending scripts; the caller holds the run lock. Throws Error(io, ledger_broken).
  void copy(core::Observer& observer) const;
  // Where it lies from now on.
  std::string keep();

 private:
  const core::Config& config_;
  std::string home_, path_;
  os::Fd lock_;
};

}  // namespace runner

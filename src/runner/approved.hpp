// A run that may do only what a preview showed: the very versions of the scripts, and no more rows than were told.
// Lives in the runner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/approval.hpp"
#include "core/config.hpp"
#include "core/observer.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"

namespace runner {

class Approved {
 public:
  // preview: the run that `fettle run --dry-run` recorded. percent: by which numbers of rows may differ. Throws
  // Error(usage) where there is none.
  Approved(const core::Config& config, std::int64_t preview, std::uint64_t percent);

  // Those of the pending names that are to run. What could not be previewed is left, and told. Throws Error(usage) when
  // one is gone, or is another version by now: nothing was run then.
  std::vector<std::string> choose(const std::vector<std::string>& pending, const folder::Folders& folders,
                                  core::Observer& observer) const;
  // Why these bytes are not what was agreed to; empty: they are.
  std::string refuses(const core::Script& script) const;
  core::Approval of(const std::string& script) const;

 private:
  const ledger::Previewed* find(const std::string& script) const noexcept;

  std::int64_t preview_;
  std::uint64_t percent_;
  std::vector<ledger::Previewed> scripts_;
};

}  // namespace runner

// A run that may do only what people agreed to: what a preview showed, the very versions of the scripts and no more
// rows than were told; or what somebody asked for and others said yes to, the very versions. Lives in the runner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/approval.hpp"
#include "core/config.hpp"
#include "core/observer.hpp"
#include "core/requested.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"

namespace runner {

class Approved {
 public:
  // preview: the run that `fettle run --dry-run` recorded. percent: by which numbers of rows may differ. Throws
  // Error(usage) where there is none.
  Approved(const core::Config& config, std::int64_t preview, std::uint64_t percent);

  // Of what somebody asked for.
  Approved(const core::Config& config, core::Requested request);

  // Those of the pending names that are to run. What could not be previewed is left, and told. Throws Error(usage) when
  // one is gone, or is another version by now, or a request may not run: nothing was run then.
  std::vector<std::string> choose(const std::vector<std::string>& pending, const folder::Folders& folders,
                                  core::Observer& observer) const;
  // Why these bytes are not what was agreed to; empty: they are.
  std::string refuses(const core::Script& script) const;
  core::Approval of(const std::string& script) const;
  // That a run was begun by this request, for the ledger; nullopt: it is a preview.
  std::optional<ledger::Event> used(const std::string& by) const;

 private:
  const ledger::Previewed* find(const std::string& script) const noexcept;

  void refuse_request() const;

  const core::Config& config_;
  std::int64_t request_ = 0;  // 0: it is a preview
  std::string what_;          // "preview 12"
  std::string look_again_;    // the command that makes another one
  std::uint64_t percent_ = 0;
  std::vector<ledger::Previewed> scripts_;
};

}  // namespace runner

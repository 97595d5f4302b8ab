// The administrator's commands beside a run: [hooks] in config.toml. Each gets the run as JSON and a limit of time;
// what came of it is told, and recorded as an event. Lives in the runner process, while it holds the lock.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/observer.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "runner/runner.hpp"
#include "runner/stop.hpp"

namespace runner {

// What a hook may read of each script is not thrown away.
bool wants_attempts(const core::HookConfig& hooks) noexcept;

class Hooks {
 public:
  // All of these outlive it.
  Hooks(const core::Config& config, const RunRequest& request, core::RunReport& report, ledger::Ledger& ledger,
        Stop& stop, core::Observer& observer)
      : config_(config), request_(request), report_(report), ledger_(ledger), stop_(stop), observer_(observer) {}
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  // Before anything is attempted. False: nothing may be; unless a person stopped it, all scripts are blocked then.
  // Throws Error(ledger_broken).
  bool before(const std::vector<std::string>& pending, const folder::Folders& folders);
  // After the last script, with the report complete. What they do changes nothing of it. Throws Error(ledger_broken).
  void after();

 private:
  core::HookReport run(core::Hook hook, const std::string& command, const core::RunReport& told);
  void record(const core::HookReport& hook);

  const core::Config& config_;
  const RunRequest& request_;
  core::RunReport& report_;
  ledger::Ledger& ledger_;
  Stop& stop_;
  core::Observer& observer_;
};

}  // namespace runner

// Making a backup: what is put together from runner (databases), ledger, folder and backup. Lives in the process of
// `fettle backup create`, or in that of a run. The run lock is held, so nothing of fettle changes anything meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backup/vault.hpp"
#include "core/config.hpp"
#include "runner/runner.hpp"

namespace cli {

struct BackupWish {
  std::string trigger, by, reason;
  std::int64_t run = 0;              // before which it is made; 0: none
  std::vector<std::string> without;  // databases
};

struct MadeBackup {
  std::string name;
  backup::Manifest manifest;
  std::size_t scripts = 0;
  std::vector<std::string> pruned;    // older ones that went
  std::vector<std::string> warnings;  // files that were left out, and why
};

backup::Vault vault_of(const core::Config& config);

// Before anything is locked or opened: throws Error: usage (--without names no database), config (a program or a secret
// is missing).
void refuse_backup(const core::Config& config, const std::vector<std::string>& without);

// nullopt: stop was readable first. Throws Error: as refuse_backup(), lock_held, target_unreachable, io, ledger_broken;
// what there was of it is gone then, and older ones are as they were.
std::optional<MadeBackup> make_backup(const core::Config& config, const BackupWish& wish, int run_lock, int stop);

// For a run: as [backup] before_run says.
void back_up_before(runner::RunRequest& request, const core::Config& config, bool unwanted);

// The newest one that is whole stays, whatever the retention says. The vault's lock is held. remove: false only tells.
std::vector<std::string> prune(const backup::Vault& vault, const backup::Retention& retention, bool newest_is_whole,
                               bool remove);

}  // namespace cli

#include "runner/repair.hpp"

#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "runner/crew.hpp"
#include "runner/run_lock.hpp"

namespace runner {

RepairReport repair(const core::Config& config, const Actor& actor, DryRun dry_run) {
  Crew crew(config);  // forks; nothing is open yet
  folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  ledger::Ledger ledger = ledger::Ledger::open(config.path(config.ledger.path));
  RepairReport report;
  if (!is_damaged(config, ledger, crew)) return report;
  crew.start_broker({lock.get()});
  report.damage = look_for_damage(config, folders, ledger, crew);
  if (dry_run == DryRun::no) {
    report.held = repair_damage(report.damage, actor, folders, ledger);
  } else {
    for (const Recovery& recovery : report.damage)
      if (recovery.repair.hold) report.held.push_back(recovery.evidence.script);
  }
  return report;
}

}  // namespace runner

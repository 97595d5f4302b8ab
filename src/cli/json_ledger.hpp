// What commands on the ledger as a whole, and config migrate, print with --json.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/config_moves.hpp"
#include "ledger/figures.hpp"
#include "ledger/rows.hpp"
#include "ledger/upkeep.hpp"

namespace cli {

std::string ledger_copied_json(const std::string& from, const std::string& to, const ledger::Digest& digest,
                               const std::string& kept);
std::string ledger_places_json(const std::string& in_use);

// Where and how a ledger is kept.
struct LedgerShown {
  std::string path;
  bool is_there = false;
  std::int64_t bytes = 0, log_bytes = 0;
  std::string disk;        // type of the file system; empty: not known
  std::uint64_t free = 0;  // bytes, for this user
};
std::string ledger_show_json(const LedgerShown& shown);
std::string ledger_metrics_json(const ledger::Figures& figures);
std::string ledger_analyze_json(const std::vector<ledger::ScriptFigures>& scripts);
std::string config_moved_json(const MovedConfig& moved, bool written);
std::string ledger_prune_json(const ledger::PruneResult& result, bool done);
std::string ledger_optimize_json(const ledger::Optimized& done);

}  // namespace cli

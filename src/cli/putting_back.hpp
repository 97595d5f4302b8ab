// Putting a backup back: checked first, then made beside what is there, then swapped; what was there is kept. Lives in
// the process of `fettle backup restore`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backup/vault.hpp"
#include "core/config.hpp"

namespace cli {

struct RestoreWish {
  std::string by, reason;
  std::vector<std::string>
      databases;  // these; empty: all that the backup has, where neither of the others is asked for
  bool ledger = false, scripts = false;
  bool force = false;  // also over what was changed since
};

// What became of one thing.
struct PutBack {
  std::string what;  // "database main", "ledger", "scripts"
  enum class How { restored, same, beside } how = How::restored;
  std::string kept;  // restored: what was there, and where; empty: nothing was. beside: where the restored one is
};

struct PutBackReport {
  std::vector<PutBack> all;
  std::size_t written = 0, moved = 0;  // scripts
  std::vector<std::string> left;       // scripts whose name is taken by other bytes now, as displayed
};

// The key of a backup; nullopt: it is not locked, or optional is asked for and no secret is configured. Throws
// Error(config): there is no secret, or it is not that of this backup.
enum class Asked { must, optional };
std::optional<backup::KeyBytes> key_of(const core::Config& config, const backup::Entry& entry, Asked asked);

// Whether the wish names a part that the backup does not have. Throws Error(usage).
void refuse_wish(const backup::Entry& entry, const RestoreWish& wish);

// "database main", "ledger", "scripts": what would be put back.
std::vector<std::string> wanted_parts(const backup::Entry& entry, const RestoreWish& wish);

// Everything into a new folder, and nothing else is touched. Throws Error: usage (it is there), io.
void put_into(const backup::Vault& vault, const backup::Entry& entry, const std::optional<backup::KeyBytes>& key,
              const std::string& folder);

// The scripts of that tar into the three folders, as far as nothing is lost by it. What became of them is added to the
// report. The run lock is held. Throws Error(io).
void put_scripts_back(const core::Config& config, const backup::Contents& contents, const std::string& tar_file,
                      PutBackReport& report);

// The backup was verified. Throws Error: usage (something is newer, and force is not asked for), lock_held,
// target_unreachable, io, ledger_broken; its state says what was changed by then.
PutBackReport put_back(const core::Config& config, const backup::Vault& vault, const backup::Entry& entry,
                       const std::optional<backup::KeyBytes>& key, const RestoreWish& wish);

}  // namespace cli

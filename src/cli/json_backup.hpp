// What the verbs of fettle backup print as JSON. As cli/json_output.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/backing_up.hpp"
#include "cli/putting_back.hpp"

namespace cli {

std::string made_backup_json(const MadeBackup& made, const std::string& path);
std::string backups_json(const backup::Vault& vault, const std::vector<backup::Entry>& entries);
// Of each what was found, and whether it was decrypted.
struct Verified {
  backup::Entry entry;
  std::vector<backup::Fault> faults;
  bool decrypted = false;
};
std::string verified_json(const std::vector<Verified>& all);
std::string put_back_json(const backup::Entry& entry, const PutBackReport& report);

}  // namespace cli

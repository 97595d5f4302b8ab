// What commands on the ledger as a whole print with --json.
#pragma once

#include <string>

#include "ledger/rows.hpp"

namespace cli {

std::string ledger_copied_json(const std::string& from, const std::string& to, const ledger::Digest& digest,
                               const std::string& kept);
std::string ledger_places_json(const std::string& in_use);

}  // namespace cli

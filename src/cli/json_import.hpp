// The documents that import, history --imported and show print with --json.
#pragma once

#include <string>

#include "exchange/importing.hpp"
#include "ledger/history.hpp"

namespace cli {

std::string import_json(const exchange::ImportReport& report, bool dry_run);
// One member of the list that history --imported prints.
std::string imported_json_row(const ledger::ImportedRow& row);

}  // namespace cli

// Words for attempts and scripts that the ledger knows. Throws base::Error(usage) for what it does not know.
#pragma once

#include <string>

#include "ledger/history.hpp"

namespace cli {

// The one script that "007", "007_x", "007_x.lua" or "failed/007_x.lua" means.
std::string recorded_name(const ledger::History& history, const std::string& word);

// What `show` was asked for. Digits without a leading zero mean an attempt first, then a script's number.
struct Found {
  ledger::Attempt attempt;
  std::string also;  // name of a script that has the attempt's id as its number; empty: none
};
Found find_attempt(const ledger::History& history, const std::string& word);

}  // namespace cli

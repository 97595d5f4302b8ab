// Pictures of what happened, drawn here as SVG. What they show stands in a table as well. Pure.
#pragma once

#include <string>
#include <vector>

#include "ledger/history.hpp"

namespace web {

// One bar for each attempt, oldest first: as tall as it took long (in steps of ten), in the look of its outcome. Empty
// for fewer than three.
std::string attempts_chart(const std::vector<ledger::Attempt>& newest_first);

// One bar for each run: how many scripts came to what. Empty for fewer than three.
std::string runs_chart(const std::vector<ledger::Run>& newest_first);

}  // namespace web

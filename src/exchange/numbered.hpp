// For tools that record a number and not the name of a script: their facts count for whatever is called so behind it.
#pragma once

#include "exchange/tool.hpp"

namespace exchange {

// version: the first column. Reads the versions, and the time from the second column, where there is one.
void read_versions(const Asked& asked, const Reading& reading, Facts& facts);

// "20240101120000" of a row, as a fact.
void name_by_version(Fact& fact);

}  // namespace exchange

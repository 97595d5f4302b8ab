// A ledger as CSV (RFC 4180), for spreadsheets and other programs: a folder with a file for each table, whose first
// line names the columns. NULL is nothing, an empty text is "". Values as in ledger_text.hpp. It is not read back.
#pragma once

#include <string>

#include "ledger/rows.hpp"

namespace exchange {

// folder is not there yet; it is on disk when it is put in place. Throws Error: io, ledger_broken.
void write_csv(const ledger::RowReader& from, const std::string& folder);

// A value as it stands between commas; quoted where it must be, or wish says so.
enum class Quotes { where_needed, always };
std::string csv_value(const std::string& text, Quotes wish);

}  // namespace exchange

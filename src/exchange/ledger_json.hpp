// A ledger as JSON Lines: a line that says what it is, one line for each row ({"TABLE": {COLUMN: VALUE, …}}), and a
// last one with the number of rows and the digest, without which it is not whole. In one file; or in a folder, where
// ledger.jsonl has what belongs to no run, and run-000001.jsonl and so on the rows of one run each. Values as in
// ledger_text.hpp, numbers as JSON numbers. Throws Error: usage (not such a file, not whole), io, ledger_broken.
#pragma once

#include <string>

#include "ledger/rows.hpp"

namespace exchange {

// path is not there yet; it is on disk when this returns.
void write_json_lines(const ledger::RowReader& from, const std::string& path);
void write_json_runs(const ledger::RowReader& from, const std::string& folder);

// Gives the digest that the last line tells.
std::string read_json_lines(const std::string& path, ledger::RowWriter& into);
std::string read_json_runs(const std::string& folder, ledger::RowWriter& into);

}  // namespace exchange

// A ledger in a PostgreSQL database: a schema named fettle_ledger with a table for each of the ledger's, of bigint,
// text and bytea columns under the same names, written in one transaction. Texts that PostgreSQL cannot hold as in
// ledger_text.hpp. The comment of the schema says which version of the ledger's schema it is, and the digest. Throws
// Error: usage, target_unreachable.
#pragma once

#include <string>

#include "ledger/rows.hpp"

namespace exchange {

void write_postgresql(const ledger::RowReader& from, const std::string& url);
// Gives the digest that the comment tells.
std::string read_postgresql(const std::string& url, ledger::RowWriter& into);
bool is_empty_postgresql(const std::string& url);

}  // namespace exchange

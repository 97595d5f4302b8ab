// Script names that the ledger has seen, found by what people type or by what lies in a folder. Hops along the index
// from name to name, so that its cost follows the number of names and not that of attempts. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstddef>
#include <string>
#include <vector>

namespace ledger {

// See History::names_like.
std::vector<std::string> find_names(SQLite::Database& database, const std::string& word);

// See History::names_with.
std::vector<std::string> find_names_with(SQLite::Database& database, const std::string& part, std::size_t most);

// See History::attempted.
std::vector<std::string> find_attempted(SQLite::Database& database, const std::vector<std::string>& names);

}  // namespace ledger

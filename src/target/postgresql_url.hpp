// Texts of PostgreSQL's URLs, read as libpq reads them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace target {

// The same server and everything else, another database. name: of letters, digits and underscores.
std::string with_database(std::string_view url, std::string_view name);

// Without any password, for files that are kept: libpq finds it in its own places then (PGPASSWORD, PGPASSFILE).
std::string without_password(std::string_view url);

}  // namespace target

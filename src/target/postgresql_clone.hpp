// What making a database like another one takes, for rehearsals and for backups that are put back: statements on a
// server, and what other programs are told of it. Lives in a broker that is not locked down yet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "target/postgresql_link.hpp"

namespace target {

using PgTexts = std::vector<std::vector<std::string>>;

// One statement, and all its rows; NULL is empty. Throws SqlError.
PgTexts pg_ask(PgLink& link, const std::string& sql, const core::Values& parameters = {});

// An identifier of SQL.
std::string pg_identifier(std::string_view name);

// As the URL says it, with another database and without the password, which others could see on a command line.
std::string pg_connection_string(const std::string& url, const std::string& database, std::string* password);

// CREATE DATABASE, of the same encoding and locale as the one that the link is in; empty but for what every database
// has.
std::string pg_statement_to_make_alike(PgLink& link, const std::string& name);

// What ALTER DATABASE … SET, or ALTER ROLE … IN DATABASE, has said of the link's database holds in its session, and in
// the other database from now on.
void pg_copy_settings(PgLink& link, const std::string& name);

}  // namespace target

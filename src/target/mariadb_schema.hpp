// Which tables, columns and indexes a MariaDB or MySQL database has. Columns and indexes are compared as the server
// does, tables as they are written unless the server folds their names. A name with a dot begins with its database.
// Lives in the broker.
#pragma once

#include <string>
#include <vector>

#include "core/message.hpp"
#include "target/mariadb_link.hpp"

namespace target {

// As Connection::describe() answers. Throws MariaError.
std::vector<core::Row> describe_mariadb(MariaLink& link, core::Describe::What what, const std::string& table,
                                        const std::string& name);

}  // namespace target

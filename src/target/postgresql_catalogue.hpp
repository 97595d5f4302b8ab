// What there is in a PostgreSQL database, as scripts ask for it. Lives in the broker.
#pragma once

#include <string>
#include <vector>

#include "core/message.hpp"
#include "target/postgresql_link.hpp"

namespace target {

// Connection::describe(). Throws SqlError.
std::vector<core::Row> look_up(PgLink& link, core::Describe::What what, const std::string& table,
                               const std::string& name);

}  // namespace target

// MariaDB and MySQL as a target, through MariaDB's client library. Lives in the broker.
//
// A script's transaction is READ COMMITTED, whatever the server's default: what another node has committed must be seen
// once its lock is had. That lock is a name of the server's (GET_LOCK), taken before the transaction and let go after
// it. Much outlives a transaction there: temporary tables, variables, settings, locks by name. So after each one the
// connection is made as new, and everything that matters is set again before the next.
#pragma once

#include <memory>
#include <string_view>

#include "target/connection.hpp"
#include "target/drivers.hpp"

namespace target {

// address: what stands behind "mariadb:" or "mysql:". Throws SqlError(unreachable).
std::unique_ptr<Connection> open_mariadb(std::string_view address, const Surroundings& surroundings);

}  // namespace target

// PostgreSQL as a target, through libpq. Lives in the broker.
//
// A script's transaction is READ COMMITTED, whatever the server's default: what another node has committed must be seen
// once its lock is had. First of all it takes an advisory transaction lock that stands for the script, so that one node
// at a time is at it; the lock ends with the transaction, that is with the connection at the latest. Every setting is
// local to the transaction, since behind a pooler the next one may be served by another connection.
#pragma once

#include <memory>
#include <string_view>

#include "target/connection.hpp"
#include "target/drivers.hpp"

namespace target {

// address: what stands behind "postgresql:". Throws SqlError(unreachable).
std::unique_ptr<Connection> open_postgresql(std::string_view address, const Surroundings& surroundings);

}  // namespace target

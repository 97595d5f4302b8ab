// One configured database as the broker of a run has it. Lives in the broker only.
#pragma once

#include <memory>
#include <string>

#include "core/message.hpp"
#include "target/connection.hpp"
#include "target/drivers.hpp"

namespace target {

struct Database {
  std::string name;
  std::unique_ptr<Connection> connection;  // null: it could not be opened
  core::DatabaseStatus status;
};

// Never throws for a database that cannot be opened or copied: its status says why. wake: readable once a copy is not
// wanted any more.
Database open_database(const core::DatabaseAddress& address, const core::BrokerSettings& settings, int wake);

// What a script that is to begin finds: whether its version was applied, or begun without a transaction. Leaves, where
// nothing stands in its way, that it has begun so. true: the receipt of `wish.disowned` is there, and proves nothing.
// Throws SqlError.
bool look_for_earlier(Connection& own, const core::Begin& wish, core::Began& began);
// It did nothing after all, so nobody need be asked about it.
void forget_start(Connection& own, const core::Receipt& receipt);

// The runner's questions about one; null: it is not configured. None throws: the answer says what is wrong.
core::Inquired look_for_proof(const Database* database, const core::Inquire& wish);
core::Examined look_at(const Database* database, const core::Examine& wish);
core::Mustered look_around(const Database* database, const core::Muster& wish);

}  // namespace target

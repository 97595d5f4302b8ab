#include "target/database.hpp"

namespace target {

Database open_database(const core::DatabaseAddress& address, const Surroundings& surroundings) {
  Database database{address.name, nullptr, {address.name, std::string(engine_of(address.url)), {}, core::Cause::none}};
  try {
    database.connection = connect(address.url, surroundings);
  } catch (const SqlError& error) {
    database.status.fault = error.what();
    database.status.cause = error.cause();
  }
  return database;
}

}  // namespace target

#include "target/drivers.hpp"

#include <array>
#include <fmt/format.h>

#include "target/keeping.hpp"
#include "target/mariadb.hpp"
#include "target/postgresql.hpp"
#include "target/postgresql_copy.hpp"
#include "target/sqlite.hpp"

namespace target {
namespace {

struct Driver {
  std::string_view scheme;  // with its colon
  std::string_view engine;
  std::unique_ptr<Connection> (*open)(std::string_view address, const Surroundings& surroundings);
  bool (*is_made)(std::string_view address, const Surroundings& surroundings);
  // Of a server that keeps copies of its databases itself; null: it does not.
  void (*keep_copies)(const std::string& url, const core::ServerCopies& wish, const std::string& name, int wake);
  const Keeper& (*keeper)();
};

// A server makes its databases itself.
bool never_made(std::string_view, const Surroundings&) {
  return false;
}

constexpr std::array k_drivers = {
    Driver{"sqlite:", "sqlite", open_sqlite, is_made_by_opening_sqlite, nullptr, sqlite_keeper},
    Driver{"postgresql:", "postgresql", open_postgresql, never_made, keep_postgresql_copies, postgresql_keeper},
    Driver{"postgres:", "postgresql", open_postgresql, never_made, keep_postgresql_copies, postgresql_keeper},
    Driver{"mariadb:", "mariadb", open_mariadb, never_made, nullptr, mariadb_keeper},
    Driver{"mysql:", "mariadb", open_mariadb, never_made, nullptr, mariadb_keeper},
};

const Driver* driver_of(std::string_view url) noexcept {
  for (const Driver& driver : k_drivers)
    if (url.starts_with(driver.scheme)) return &driver;
  return nullptr;
}

}  // namespace

std::string_view engine_of(std::string_view url) noexcept {
  const Driver* driver = driver_of(url);
  return driver != nullptr ? driver->engine : std::string_view{};
}

bool is_made_by_opening(const std::string& url, const Surroundings& surroundings) {
  const Driver* driver = driver_of(url);
  return driver != nullptr && driver->is_made(std::string_view(url).substr(driver->scheme.size()), surroundings);
}

const Keeper* keeper_of(std::string_view url) noexcept {
  const Driver* driver = driver_of(url);
  return driver != nullptr ? &driver->keeper() : nullptr;
}

bool keeps_copies(std::string_view url) noexcept {
  const Driver* driver = driver_of(url);
  return driver != nullptr && driver->keep_copies != nullptr;
}

void keep_copies(const std::string& url, const core::ServerCopies& wish, const std::string& name, int wake) {
  driver_of(url)->keep_copies(url, wish, name, wake);
}

std::unique_ptr<Connection> connect(const std::string& url, const Surroundings& surroundings) {
  const Driver* driver = driver_of(url);
  if (driver == nullptr) throw SqlError(core::Cause::unreachable, "no engine serves this kind of URL");
  return driver->open(std::string_view(url).substr(driver->scheme.size()), surroundings);
}

}  // namespace target

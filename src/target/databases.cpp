#include "target/databases.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "target/broker_lockdown.hpp"
#include "target/sqlite.hpp"

namespace target {
namespace {

constexpr std::uint64_t k_room_beside_databases = std::uint64_t{256} << 20U;  // messages and the program itself

}  // namespace

Databases::Databases(const core::BrokerSettings& settings, const std::function<bool()>& stop, int wake)
    : memory_(settings.limits.database_memory) {
  if (memory_ != core::k_unlimited) limit_sqlite_memory(memory_);
  for (const core::DatabaseAddress& address : settings.databases) {
    Database database = open_database(address, settings, wake);
    if (database.connection) {
      database.connection->stop_when(stop, wake);
      database.connection->watch_changes(settings.images);
    }
    all_.push_back(std::move(database));
  }
}

core::SandboxLevel Databases::lock_down() {
  std::vector<std::string> journalled;
  std::vector<os::FileRule> rules;
  std::vector<Interruption> interruptions;
  for (const Database& database : all_) {
    if (!database.connection) continue;
    database.connection->interrupt_through([this, which = interruptions.size()] { interrupter_->ask(which); });
    interruptions.push_back(database.connection->interruption());
    for (const os::FileRule& rule : database.connection->files()) rules.push_back(rule);
    if (std::string file = database.connection->journalled_file(); !file.empty()) journalled.push_back(std::move(file));
  }
  keeper_ = std::make_unique<JournalKeeper>(journalled);
  interrupter_ = std::make_unique<Interrupter>(interruptions);
  const core::SandboxLevel level =
      lock_down_broker(rules, memory_ == core::k_unlimited ? 0 : memory_ + k_room_beside_databases);
  route_journals_through(*keeper_);
  return level;
}

Database* Databases::find(std::string_view name) noexcept {
  for (Database& database : all_)
    if (database.name == name) return &database;
  return nullptr;
}

bool Databases::any_lost() const noexcept {
  return std::any_of(all_.begin(), all_.end(),
                     [](const Database& database) { return database.connection && database.connection->lost(); });
}

std::vector<core::DatabaseStatus> Databases::statuses() const {
  std::vector<core::DatabaseStatus> statuses;
  for (const Database& database : all_) statuses.push_back(database.status);
  return statuses;
}

}  // namespace target

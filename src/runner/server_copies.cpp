#include "runner/server_copies.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>

#include "base/text.hpp"
#include "ledger/ledger.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/crew.hpp"
#include "target/drivers.hpp"

namespace runner {
namespace {

constexpr std::size_t k_shown_id = 8;  // of the ledger's id, in a name that a server cuts at 63 bytes

bool keeps_copies(const core::DatabaseConfig& database) {
  return target::keeps_copies(database.url);
}

// Two hosts may have the same ledger, where one has a copy of the other's disk.
std::string mark_of(const core::Config& config, const std::string& id) {
  return fmt::format("fettle rehearsal of ledger {} on {} in {}", id, os::host_name(),
                     ledger::folder_of(config.path(config.ledger.path)));
}

}  // namespace

CopiesOnServers::CopiesOnServers(const core::Config& config, const Stage& stage) : config_(config), stage_(stage) {
  if (std::none_of(config.databases.begin(), config.databases.end(), keeps_copies)) return;
  const std::string id = ledger::Ledger::open(config.path(config.ledger.path)).id();
  mark_ = mark_of(config, id);
  prefix_ = fmt::format("fettle_rehearsal_{}_", id.substr(0, k_shown_id));
}

CopiesOnServers::~CopiesOnServers() {
  if (mark_.empty() || kept_) return;
  try {
    drop();
  } catch (const std::exception& error) {
    os::log_warning(fmt::format("the copies on the server may be left, until a later rehearsal: {}", error.what()));
  }
}

std::string CopiesOnServers::name(std::size_t at) const {
  return fmt::format("{}{}_{}", prefix_, stage_.name(), at + 1);
}

core::ServerCopies CopiesOnServers::wish() const {
  if (mark_.empty()) return {};
  return {mark_, prefix_, stage_.alive()};
}

void CopiesOnServers::drop() const {
  core::Config servers = config_;
  std::erase_if(servers.databases, [](const core::DatabaseConfig& database) { return !keeps_copies(database); });
  core::ServerCopies wish{mark_, prefix_, stage_.alive()};
  std::erase(wish.alive, stage_.name());
  Crew crew(servers);
  crew.copy_databases_to(std::vector<std::string>(servers.databases.size()), wish);
  crew.start_broker({});
  for (const core::DatabaseStatus& database : crew.databases())
    if (!database.fault.empty())
      os::log_warning(fmt::format("database {}: its copy {}… may be left, until a later rehearsal: {}",
                                  base::escape(database.name), prefix_ + stage_.name(), database.fault));
}

}  // namespace runner

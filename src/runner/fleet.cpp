#include "runner/fleet.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "runner/crew.hpp"
#include "target/connection.hpp"
#include "target/drivers.hpp"

namespace runner {
namespace {

constexpr std::int64_t k_page = 2000;        // receipts of one answer
constexpr std::size_t k_most_scripts = 200;  // whose locks are asked for

Mustered ask(Crew& crew, const std::string& database, std::int64_t most, const std::vector<std::string>& scripts) {
  Mustered all{database, {}, {}};
  core::Muster wish{database, 0, 0, scripts};
  while (all.error.empty() && wish.skip < most) {
    wish.most = std::min(k_page, most - wish.skip);
    core::Mustered answer = crew.muster(wish);
    all.error = std::move(answer.error);
    core::Fleet& fleet = answer.fleet;
    if (wish.skip == 0) {
      all.fleet.begun = std::move(fleet.begun);
      all.fleet.at_work = std::move(fleet.at_work);
    }
    wish.skip += wish.most;
    const bool last = fleet.applied.size() < static_cast<std::size_t>(wish.most);
    std::move(fleet.applied.begin(), fleet.applied.end(), std::back_inserter(all.fleet.applied));
    if (last) break;
  }
  return all;
}

}  // namespace

std::vector<std::string> leave_out_missing(core::Config& config) {
  const target::Surroundings surroundings{config.directory, config.path(config.ledger.path)};
  std::vector<std::string> missing;
  std::erase_if(config.databases, [&](const core::DatabaseConfig& database) {
    try {
      if (!target::is_made_by_opening(database.url, surroundings)) return false;
    } catch (const target::SqlError&) {
      return false;  // the broker will say so too
    }
    missing.push_back(database.name);
    return true;
  });
  return missing;
}

std::vector<Mustered> muster(const core::Config& config, std::int64_t most, const std::vector<std::string>& scripts) {
  core::Config asked = config;
  leave_out_missing(asked);
  Crew crew(asked);
  crew.start_broker({});
  std::vector<std::string> some = scripts;
  some.resize(std::min(some.size(), k_most_scripts));
  std::vector<Mustered> all;
  for (const core::DatabaseConfig& database : asked.databases)
    all.push_back(ask(crew, database.name, most == 0 ? std::numeric_limits<std::int64_t>::max() : most, some));
  return all;
}

}  // namespace runner

#include "runner/keeping.hpp"

#include "runner/crew.hpp"

namespace runner {

std::optional<std::vector<core::DatabaseStatus>> keep_databases(const core::Config& config,
                                                                const std::vector<core::Keeping>& wishes,
                                                                const std::vector<int>& held, int stop) {
  if (config.databases.empty()) return std::vector<core::DatabaseStatus>();
  Crew crew(config);
  crew.keep_databases(wishes);
  if (!crew.start_broker_unless(stop, held)) return std::nullopt;
  return crew.databases();
}

}  // namespace runner

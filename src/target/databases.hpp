// The configured databases of a run, open, with the two helpers that a locked-down broker needs for them. Lives in the
// broker only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "core/sandbox_level.hpp"
#include "target/database.hpp"
#include "target/interrupter.hpp"
#include "target/journal_keeper.hpp"

namespace target {

class Databases {
 public:
  // Opens all of them; one that cannot be opened says so in its status. stop, wake: Connection::stop_when().
  Databases(const core::BrokerSettings& settings, const std::function<bool()>& stop, int wake);

  // Forks the helpers, then takes this process's powers away.
  core::SandboxLevel lock_down();

  std::vector<Database>& all() noexcept { return all_; }
  Database* find(std::string_view name) noexcept;  // nullptr: there is none
  std::vector<core::DatabaseStatus> statuses() const;
  bool any_lost() const noexcept;  // a connection: it comes back with a new broker only

 private:
  std::unique_ptr<JournalKeeper> keeper_;  // outlives the connections, which remove their journals when they close
  std::unique_ptr<Interrupter> interrupter_;
  std::vector<Database> all_;
  std::uint64_t memory_;
};

}  // namespace target

// What an attempt came to, in words: the outcomes that a session gives without the script's own. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "core/outcome.hpp"
#include "core/receipt.hpp"

namespace runner {

// Why a version is not executed again. ledger: the id of ours.
std::string applied_before(const core::Receipt& earlier, const std::string& ledger);

// Adds what the script kept to itself: an attempt that hit a limit failed, whatever it says of itself.
core::Outcome with_limit(core::Outcome outcome, const core::Done& done);

core::Outcome unknown_database(const std::string& named, const std::vector<core::DatabaseStatus>& databases);

// Without having said why. status: as of wait(2).
// Of the causes, one that a worker may give; any other would be a lie.
core::Cause honest(core::Cause cause) noexcept;
core::Outcome stopped_by_signal();
core::Outcome line_was_lost(std::string_view error);  // to the database, before the commit
core::Outcome worker_died(int status);

}  // namespace runner

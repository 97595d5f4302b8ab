// What an attempt came to, in words: the outcomes that a session gives without the script's own. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "core/outcome.hpp"
#include "core/receipt.hpp"

namespace runner {

inline constexpr std::size_t k_longest_text = std::size_t{64} << 10U;  // message, error, traceback
inline constexpr std::chrono::minutes k_to_roll_back{10};  // of a broker that has heard: much may have to be undone

inline constexpr std::string_view k_not_previewed =
    "it cannot be previewed: it says transaction = false, so nothing of it could be taken back";
inline constexpr std::string_view k_preview_is_over =
    "the preview ended before it: the transaction that held what the scripts before it had done is gone";

// Why a version is not executed again. ledger: the id of ours.
std::string applied_before(const core::Receipt& earlier, const std::string& ledger);

// Why a version without a transaction is not executed: somebody began it, and nobody knows how far they came.
std::string begun_before(const core::Receipt& earlier, const std::string& ledger);
core::Outcome half_done(std::string doubt);
core::Outcome unknown(std::string doubt, std::string reason);

// Adds what the script kept to itself: an attempt that hit a limit failed, whatever it says of itself.
core::Outcome with_limit(core::Outcome outcome, const core::Done& done);

// Of a run that keeps to a preview: it would write another one. nullopt: it would not.
std::optional<core::Outcome> another_database(const core::Approval& approval, const std::string& database);
core::Outcome unknown_database(const std::string& named, const std::vector<core::DatabaseStatus>& databases);

// Without having said why. status: as of wait(2).
// Of the causes, one that a worker may give; any other would be a lie.
core::Cause honest(core::Cause cause) noexcept;
core::Outcome stopped_by_signal();
core::Outcome out_of_time(std::chrono::milliseconds limit, std::string_view doing);
core::Outcome line_was_lost(std::string_view error);  // to the database, before the commit
core::Outcome worker_died(int status);

}  // namespace runner

// Runs that were asked for, as the ledger remembers them: each is an event ("request"), and so are what others said and
// that a run was begun by it. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/requested.hpp"

namespace ledger {

inline constexpr std::string_view k_request = "request", k_request_approve = "request approve",
                                  k_request_refuse = "request refuse", k_request_run = "request run";

// Kept by who asks again and again: each event is read once.
struct RequestBook {
  std::int64_t last = 0;                  // the newest event that is taken in
  std::vector<core::Requested> requests;  // oldest first

  core::Requested* find(std::int64_t id) noexcept;  // nullptr: there is none
};
void take_in_requests(SQLite::Database& database, RequestBook& book);

}  // namespace ledger

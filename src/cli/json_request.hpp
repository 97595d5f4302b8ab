// The documents that `fettle request` prints with --json.
#pragma once

#include <string>
#include <vector>

#include "core/requested.hpp"

namespace cli {

std::string request_json(const core::Requested& request, std::size_t needed, base::Instant now);
// Newest first.
std::string requests_json(const std::vector<core::Requested>& requests, std::size_t needed, base::Instant now);

}  // namespace cli

// Who and where: for the audit trail.
#pragma once

#include <cstdint>
#include <string>

namespace os {

std::string host_name();

// The login name behind the real user id, behind sudo the one who called it; "uid 1234" where there is no name.
std::string user_name();

bool is_root() noexcept;

// Whether a process of this number exists on this host, whoever owns it.
bool process_exists(std::int64_t pid) noexcept;

}  // namespace os

// What a MariaDB or MySQL server tells of itself, for people. Lives in the broker.
#pragma once

#include <vector>

#include "core/message.hpp"
#include "target/mariadb_address.hpp"
#include "target/mariadb_link.hpp"

namespace target {

// For `fettle doctor`; outside a transaction. Throws SqlError.
std::vector<core::Fact> facts_of(MariaLink& link, const MariaAddress& address);

// @@read_only as the server writes it: 0 or OFF, 1 or ON, or the name of a stricter kind.
bool is_read_only(std::string_view word) noexcept;

// Throws SqlError(unreachable) where the server can only be read.
void check_writable(MariaLink& link);

}  // namespace target

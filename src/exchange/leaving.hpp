// What is applied, as another tool records it, for those who leave: rows as SQL for its own table, or its JSON. A tool
// that knows migrations by a number gets those whose names begin with one. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/applied.hpp"

namespace exchange {

struct LeavingFormat {
  std::string_view name;   // of --format
  std::string_view about;  // for people
};
inline constexpr std::array k_leaving_formats = {
    LeavingFormat{"laravel", "rows of migrations, a batch for each run"},
    LeavingFormat{"rails", "rows of schema_migrations"},
    LeavingFormat{"dbmate", "rows of schema_migrations"},
    LeavingFormat{"goose", "rows of goose_db_version"},
    LeavingFormat{"umzug", "umzug.json"},
};

struct Leaving {
  std::string text;
  std::vector<std::string> left_out;  // scripts whose names the tool cannot have
};

// applied: of each name the newest counts; oldest first in the text.
Leaving leave_to(std::string_view format, const std::vector<ledger::Applied>& applied);
bool is_leaving_format(std::string_view format) noexcept;

}  // namespace exchange

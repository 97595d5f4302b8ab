// What scripts may not do through `db`, in the words that every engine shares: what was refused, why, and what to do
// instead. An engine finds out (sqlite_guard for SQLite); what it then says stands here. docs/scripts.md lists the
// same.
#pragma once

#include <string>
#include <string_view>

namespace target {

// The table that proves which scripts were applied, in every database.
inline constexpr std::string_view k_receipts = "fettle_receipts";

std::string no_transaction_control(std::string_view word);  // "COMMIT", "SAVEPOINT" …
std::string no_second_statement();
std::string no_further_database(std::string_view word);  // "ATTACH", "DETACH"
std::string no_setting(std::string_view name);           // "PRAGMA synchronous"
std::string no_setting_while_reading(std::string_view name);
std::string no_rebuilding();  // VACUUM
std::string no_such_function(std::string_view name);
std::string no_statements_of_others();  // sqlite_stmt and its like
std::string no_touching_receipts();
std::string no_naming_receipts();  // in a statement that changes the schema
std::string no_writing();

// After the database's own words.
std::string transaction_was_ended(std::string_view said);
std::string commit_was_refused(std::string_view said);

}  // namespace target

// What scripts may not do through `db`, in the words that every engine shares: what was refused, why, and what to do
// instead. An engine finds out (sqlite_guard for SQLite); what it then says stands here. docs/scripts.md lists the
// same.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/message.hpp"

namespace target {

// The tables that prove which scripts were applied, which were begun without a transaction, and how far batches have
// come, in every database.
inline constexpr std::string_view k_receipts = "fettle_receipts", k_begun = "fettle_begun",
                                  k_batches = "fettle_batches";

inline constexpr std::size_t k_longest_column_names = std::size_t{256} << 10U;  // bytes, of one query

std::string no_transaction_control(std::string_view word, core::Access access);  // "COMMIT", "SAVEPOINT" …
std::string no_second_statement();
std::string no_further_database(std::string_view word);  // "ATTACH", "DETACH"
std::string no_setting(std::string_view name);           // "PRAGMA synchronous"
std::string no_setting_while_reading(std::string_view name);
std::string no_rebuilding(core::Access access);  // VACUUM
std::string no_such_function(std::string_view name);
std::string no_statements_of_others();  // sqlite_stmt and its like
std::string no_touching_receipts();
std::string no_naming_receipts();  // in a statement that changes the schema
std::string no_right_to_receipts(std::string_view said, std::string_view statement);
std::string no_writing();
std::string no_file_of_server(std::string_view word);       // COPY, LOAD DATA, INTO OUTFILE …
std::string no_lasting_setting(std::string_view word);      // SET without LOCAL, LISTEN, PREPARE …
std::string no_hidden_statement();                          // /*! … */
std::string no_implicit_commit(std::string_view word);      // CREATE, ALTER … of MariaDB and MySQL
std::string no_own_lock(std::string_view word);             // GET_LOCK …
std::string no_such_statement(std::string_view word);       // whatever an engine does not know to be harmless
std::string reaches_beyond(std::string_view word);          // CREATE DATABASE, GRANT …
std::string no_calling_while_reading();                     // CALL
std::string procedure_would_commit(std::string_view said);  // in a preview
std::string unended_statement();
std::string row_too_large();
std::string column_names_too_long();
std::string wrong_number_of_parameters(std::size_t placeholders, std::size_t parameters);

// What cannot be written to, now or ever.
std::string standby_is_only_read();

std::string no_piecemeal_behind_pooler();
std::string no_hidden_name();  // U&"…" without a transaction

std::string table_cannot_be_seen(std::string_view name);  // although it was made
std::string receipt_is_gone();                            // of what is taken back
std::string start_is_gone();                              // from the table of those that have begun
std::string lock_was_let_go();
std::string no_batches_behind_pooler();
std::string batch_was_moved_on(std::string_view name);  // by somebody else

// After the database's own words.
std::string preview_is_over(std::string_view said);
std::string transaction_was_ended(std::string_view said);
std::string commit_was_refused(std::string_view said);
std::string statement_failed_before(std::string_view said);  // PostgreSQL

}  // namespace target

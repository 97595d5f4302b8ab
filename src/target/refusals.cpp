#include "target/refusals.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "core/value.hpp"

namespace target {

std::string no_transaction_control(std::string_view word, core::Access access) {
  if (access == core::Access::piecemeal)
    return fmt::format(
        "{0} is not for scripts: with transaction = false each statement is committed by itself; take the {0} out, or "
        "the transaction = false, which gives execute() one transaction",
        word);
  return fmt::format(
      "{0} is not for scripts: execute() runs in one transaction, which fettle commits when it returns executed = true "
      "and rolls back otherwise; take the {0} out",
      word);
}

std::string no_second_statement() {
  return "only one statement at a time: send the others with calls of their own";
}

std::string no_further_database(std::string_view word) {
  return fmt::format(
      "{} is not for scripts: they reach the databases of config.toml only; name further ones there and use "
      "databases.NAME",
      word);
}

std::string no_setting(std::string_view name) {
  return fmt::format(
      "{} is not for scripts: it could change how safely the database is written, or outlive the script; take it out",
      name);
}

std::string no_setting_while_reading(std::string_view name) {
  return fmt::format("{} writes, but only reading is allowed here; set it in execute()", name);
}

std::string no_rebuilding(core::Access access) {
  if (access == core::Access::piecemeal)
    return "VACUUM is not for scripts: SQLite needs a second file for it, which a run may not make; do it by hand "
           "while no run is going on";
  return "VACUUM is not for scripts: no database can do it inside a transaction; do it by hand while no run is going "
         "on";
}

std::string no_such_function(std::string_view name) {
  return fmt::format("{}() is not for scripts: it would bring foreign code into the database; take it out", name);
}

std::string no_statements_of_others() {
  return "sqlite_stmt is not for scripts: it shows the statements of others; take it out";
}

std::string no_touching_receipts() {
  return fmt::format(
      "the tables {} and {} prove which scripts were applied and begun; scripts may read them, nothing else, and so it "
      "is "
      "with {}, which tells how far batches have come; fettle mark declares one as applied",
      k_receipts, k_begun, k_batches);
}

std::string no_naming_receipts() {
  return fmt::format(
      "a statement that changes the schema may not name {}, {} or {}, the tables that prove which scripts were applied "
      "and begun; scripts may read them with SELECT, nothing else",
      k_receipts, k_begun, k_batches);
}

std::string no_right_to_receipts(std::string_view said, std::string_view statement) {
  return fmt::format(
      "{}; fettle needs a table for its receipts, without which nothing is run: let somebody who may make tables say "
      "{}; "
      "and GRANT SELECT, INSERT ON {} to this user",
      said, statement, k_receipts);
}

std::string no_writing() {
  return "this statement writes, but only reading is allowed here: shouldRun() and databases other than the script's "
         "own are read-only; write in execute(), through db";
}

std::string no_file_of_server(std::string_view word) {
  return fmt::format(
      "{} is not for scripts: it reads or writes files of the server, or talks past the script; use executemany() to "
      "write many rows, and rows() to read them",
      word);
}

std::string no_lasting_setting(std::string_view word) {
  return fmt::format(
      "{} is not for scripts: it would outlive the transaction and touch the next script; SET LOCAL sets something for "
      "this one",
      word);
}

std::string no_hidden_statement() {
  return "a comment that the server executes (/*! … */) is not for scripts; write the statement openly";
}

std::string no_implicit_commit(std::string_view word) {
  return fmt::format(
      "{} ends the transaction in MariaDB and MySQL by committing it, so nothing of the script could be rolled back; "
      "a script that says transaction = false may do it: each of its statements is committed by itself",
      word);
}

std::string no_own_lock(std::string_view word) {
  return fmt::format(
      "{} is not for scripts: fettle keeps other nodes away from a script by such a lock; SELECT … FOR UPDATE locks "
      "rows",
      word);
}

std::string no_such_statement(std::string_view word) {
  return fmt::format(
      "{} is not for scripts: it could reach beyond the transaction or this database; they have SELECT, INSERT, "
      "UPDATE, "
      "DELETE, REPLACE, CALL, temporary tables and SET @name",
      word);
}

std::string reaches_beyond(std::string_view word) {
  return fmt::format("{} is not for scripts: it reaches beyond the tables of this database; do it by hand", word);
}

std::string no_calling_while_reading() {
  return "CALL is not allowed here: a procedure may write, and shouldRun() and databases other than the script's own "
         "are "
         "read-only; call it in execute(), through db";
}

std::string unended_statement() {
  return "a text, a quoted name or a comment of this statement is never closed";
}

std::string row_too_large() {
  return fmt::format(
      "a row of this query is larger than {}, more than an answer can hold; select less of it, for example a part with "
      "substr()",
      base::format_size(core::k_largest_row));
}

std::string column_names_too_long() {
  return fmt::format("the columns of this query have names longer than {}; give them aliases",
                     base::format_size(k_longest_column_names));
}

std::string wrong_number_of_parameters(std::size_t placeholders, std::size_t parameters) {
  return fmt::format("the statement has {} placeholder{} (?), but {} value{} given", placeholders,
                     placeholders == 1 ? "" : "s", parameters, parameters == 1 ? " is" : "s are");
}

std::string standby_is_only_read() {
  return "this server is a standby or replica, which can only be read; name its primary in the URL (PostgreSQL: or "
         "several hosts with target_session_attrs=read-write)";
}

std::string no_hidden_name() {
  return "U&\"…\" and U&'…' are not for scripts with transaction = false: they could spell any name; write it openly";
}

std::string table_cannot_be_seen(std::string_view name) {
  return fmt::format("the table {} was made and cannot be seen", name);
}

std::string receipt_is_gone() {
  return "the receipt of what is taken back stands no longer in the table fettle_receipts";
}

std::string start_is_gone() {
  return "that this script had begun stands no longer in the table fettle_begun";
}

std::string lock_was_let_go() {
  return "the lock of this script was let go while it worked";
}

std::string no_batches_behind_pooler() {
  return "batch{} needs a connection of its own, since the lock of its script is the session's from page to page, and "
         "this one is behind a pooler; name the server itself under a name of its own in config.toml, and that in the "
         "script's `database`";
}

std::string batch_was_moved_on(std::string_view name) {
  return fmt::format(
      "the row of batch {} in the table {} is not as this attempt left it: somebody else has gone on with it; nothing "
      "of this page was committed",
      base::escape(name), k_batches);
}

std::string no_piecemeal_behind_pooler() {
  return "a script with transaction = false or database = false needs a connection of its own, since its lock is the "
         "session's, and this "
         "one is behind a pooler; name the server itself under a name of its own in config.toml, and that in the "
         "script's `database`";
}

std::string procedure_would_commit(std::string_view said) {
  return fmt::format(
      "the procedure commits, or rolls back, which would end the script's transaction; the preview did not let it: {}",
      said);
}

std::string preview_is_over(std::string_view said) {
  return fmt::format(
      "the preview of this database is over: {}; what the scripts before had done in it is undone, so nothing can be "
      "said of those that would come next. Nothing was changed; preview again",
      said);
}

std::string transaction_was_ended(std::string_view said) {
  return fmt::format(
      "{}; with that the database ended the transaction (as OR ROLLBACK, RAISE(ROLLBACK) and a deadlock do), so "
      "nothing of this "
      "attempt can be committed",
      said);
}

std::string commit_was_refused(std::string_view said) {
  return fmt::format(
      "the database refused to commit: {}; a deferred constraint was still broken when execute() returned", said);
}

std::string statement_failed_before(std::string_view said) {
  return fmt::format(
      "after a statement has failed PostgreSQL executes and commits nothing more in its transaction, even if the "
      "script "
      "caught the error; the statement that failed: {}",
      said);
}

}  // namespace target

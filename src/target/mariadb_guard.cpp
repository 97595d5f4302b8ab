#include "target/mariadb_guard.hpp"

#include <algorithm>
#include <vector>

#include "target/connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using Words = std::vector<std::string_view>;

const Words k_transaction = {"begin", "start", "commit", "end", "rollback", "savepoint", "release", "xa"};
const Words k_committing = {"create",   "alter", "drop",   "rename", "truncate", "grant", "revoke",
                            "optimize", "check", "repair", "lock",   "unlock",   "flush", "reset"};
const Words k_far = {"grant", "revoke", "lock", "unlock", "flush", "reset"};  // of those
const Words k_of_server = {"database", "schema", "user", "role", "server", "tablespace", "logfile"};
const Words k_before_kind = {"or", "replace", "online", "ignore", "undo", "aggregate"};  // CREATE OR REPLACE USER
const Words k_reading = {"select", "with", "values", "table", "show", "explain", "describe", "desc"};
const Words k_changing = {"insert", "update", "delete", "replace"};
const Words k_harmless = {"set", "do", "call", "signal", "analyze"};
const Words k_explained = {"select", "with", "values", "insert", "update", "delete", "replace", "format"};
const Words k_routines = {"procedure", "function", "trigger", "event"};
const Words k_locks = {"get_lock", "release_lock", "release_all_locks"};
const Words k_files = {"outfile", "dumpfile", "load_file"};

bool contains(const Words& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const Words& wanted() {
  static const Words words = [] {
    Words all = k_changing;
    all.insert(all.end(), k_locks.begin(), k_locks.end());
    all.insert(all.end(), k_files.begin(), k_files.end());
    all.insert(all.end(), {"into", "returning", "soname", k_receipts, k_begun, k_batches});
    return all;
  }();
  return words;
}

[[noreturn]] void refuse(std::string why) {
  throw SqlError(core::Cause::error, std::move(why));
}

// CREATE TEMPORARY TABLE, CREATE OR REPLACE TEMPORARY TABLE, DROP TEMPORARY TABLE
bool is_about_temporary_table(const SqlText& text) {
  const std::size_t at = text.starts("create", "or") ? 3 : 1;
  return (text.verb() == "create" || text.verb() == "drop") && text.words.size() > at + 1 &&
         text.words[at] == "temporary" && text.words[at + 1] == "table";
}

// ANALYZE TABLE commits, ANALYZE of a statement executes it.
bool explains(const SqlText& text) {
  return text.words.size() > 1 && contains(k_explained, text.words[1]);
}

// What touches more than this database, or other connections.
bool reaches_far(const SqlText& text) {
  if (contains(k_far, text.verb())) return true;
  const bool makes = text.verb() == "create" || text.verb() == "alter" || text.verb() == "drop";
  if ((!makes && text.verb() != "rename") || text.words.empty()) return false;
  const auto kind = std::find_if(text.words.begin() + 1, text.words.end(),
                                 [](const std::string& word) { return !contains(k_before_kind, word); });
  return kind != text.words.end() && contains(k_of_server, *kind);
}

void judge_kind(const SqlText& text, core::Access access) {
  const std::string_view verb = text.verb();
  const bool reads = only_reads(access);
  if (contains(k_transaction, verb)) refuse(no_transaction_control(upper(verb), access));
  if (verb == "use") refuse(no_further_database("USE"));
  if (text.starts("load", "data") || text.starts("load", "xml"))
    refuse(no_file_of_server("LOAD " + upper(text.words[1])));
  if (is_about_temporary_table(text) && !reads) return;
  if (is_about_temporary_table(text)) refuse(no_writing());
  const bool commits = contains(k_committing, verb) || (verb == "analyze" && !explains(text));
  if (commits && access != core::Access::piecemeal) refuse(no_implicit_commit(upper(verb)));
  if (commits && (reaches_far(text) || text.has("soname"))) refuse(reaches_beyond(upper(verb)));
  if (commits) return;
  if (verb == "set" && text.sets_more) refuse(no_setting("SET of anything but variables of your own (SET @name = …)"));
  if (verb == "call" && reads) refuse(no_calling_while_reading());
  if (verb.empty() || contains(k_reading, verb) || contains(k_changing, verb) || contains(k_harmless, verb)) return;
  refuse(no_such_statement(upper(verb)));
}

// Its body has statements of its own; the server takes only one of these at a time.
bool makes_routine(const SqlText& text) {
  return text.verb() == "create" && std::any_of(text.words.begin(), text.words.end(),
                                                [](const std::string& word) { return contains(k_routines, word); });
}

}  // namespace

MariaText read_mariadb(std::string_view sql, Dialect dialect, core::Access access) {
  SqlText text = read_sql(sql, dialect, wanted());
  if (text.unended) refuse(unended_statement());
  if (text.hidden) refuse(no_hidden_statement());
  judge_kind(text, access);
  if (text.several && !(access == core::Access::piecemeal && makes_routine(text))) refuse(no_second_statement());
  for (const std::string_view word : k_locks)
    if (text.has(word)) refuse(no_own_lock(upper(word)));
  for (const std::string_view word : k_files)
    if (text.has(word)) refuse(no_file_of_server(upper(word)));
  const std::string_view verb = text.verb();
  const bool writes = std::any_of(k_changing.begin(), k_changing.end(), [&](auto word) { return text.has(word); });
  if ((text.has(k_receipts) || text.has(k_begun) || text.has(k_batches)) && (!contains(k_reading, verb) || writes))
    refuse(no_touching_receipts());
  MariaText statement;
  statement.sql = std::move(text.sql);
  statement.placeholders = text.placeholders;
  const bool selects = verb == "select" || verb == "values" || (verb == "with" && !writes);
  statement.can_be_read_on = selects && !text.has("into");
  statement.calls = verb == "call";
  statement.changes_rows = contains(k_changing, verb) || statement.calls || (verb == "with" && writes);
  statement.writes = contains(k_changing, verb) || (verb == "analyze" && writes);
  statement.suits_bulks = contains(k_changing, verb) && statement.placeholders > 0 && !text.has("returning");
  return statement;
}

Dialect mariadb_dialect(std::string_view sql_mode) noexcept {
  const bool ansi = sql_mode.find("ANSI_QUOTES") != std::string_view::npos;
  const bool plain = sql_mode.find("NO_BACKSLASH_ESCAPES") != std::string_view::npos;
  if (ansi) return plain ? Dialect::mariadb_ansi_plain : Dialect::mariadb_ansi;
  return plain ? Dialect::mariadb_plain : Dialect::mariadb;
}

}  // namespace target

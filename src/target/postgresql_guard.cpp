#include "target/postgresql_guard.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.hpp"
#include "target/connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

constexpr std::array<std::string_view, 8> k_transaction = {"begin",    "start",     "commit",  "end",
                                                           "rollback", "savepoint", "release", "abort"};
constexpr std::array<std::string_view, 7> k_lasting = {"listen",  "unlisten",   "prepare", "execute",
                                                       "discard", "deallocate", "load"};
constexpr std::array<std::string_view, 4> k_reading = {"select", "with", "values", "table"};
constexpr std::array<std::string_view, 10> k_of_schema = {"create", "alter",   "drop",    "truncate", "do",
                                                          "call",   "comment", "cluster", "refresh",  "import"};
constexpr std::array<std::string_view, 5> k_writing = {"insert", "update", "delete", "merge", "into"};

const std::vector<std::string_view>& wanted() {
  static const std::vector<std::string_view> words = [] {
    std::vector<std::string_view> all(k_writing.begin(), k_writing.end());
    all.insert(all.end(), {k_receipts, k_begun, k_batches});
    return all;
  }();
  return words;
}

constexpr std::array<std::string_view, 7> k_of_server = {"database", "system", "tablespace",  "role",
                                                         "user",     "group",  "subscription"};
// They change how a text is read that this guard reads.
constexpr std::array<std::string_view, 2> k_of_reading = {"standard_conforming_strings", "backslash_quote"};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

[[noreturn]] void refuse(std::string why) {
  throw SqlError(core::Cause::error, std::move(why));
}

// What touches more than this database; most of it goes outside a transaction only.
void judge_reach(const SqlText& text) {
  const std::string_view what = text.words.size() > 1 ? std::string_view(text.words[1]) : std::string_view();
  const bool makes =
      text.verb() == "create" || text.verb() == "alter" || text.verb() == "drop" || text.verb() == "reindex";
  if (makes && contains(k_of_server, what))
    refuse(reaches_beyond(fmt::format("{} {}", upper(text.verb()), upper(what))));
}

// SET LOCAL ends with the transaction, and SET with a script that has none; whose rights it works with and how a
// transaction goes is not the script's.
void judge_setting(const SqlText& text, core::Access access) {
  if (text.verb() == "reset") refuse(no_lasting_setting("RESET"));
  if (text.verb() != "set" || text.starts("set", "constraints")) return;
  if (text.starts("set", "transaction")) refuse(no_transaction_control("SET TRANSACTION", access));
  const bool local = text.starts("set", "local");
  if (!local && access != core::Access::piecemeal) refuse(no_lasting_setting("SET without LOCAL"));
  const std::size_t at = local ? 2 : 1;
  const std::string_view what = text.words.size() > at ? std::string_view(text.words[at]) : std::string_view();
  if (what == "session" || what == "transaction" || contains(k_of_reading, what))
    refuse(no_setting(fmt::format("SET {}{}", local ? "LOCAL " : "", upper(what))));
}

}  // namespace

PgStatement read_postgresql(std::string_view sql, core::Access access) {
  SqlText text = read_sql(sql, Dialect::postgresql, wanted());
  const std::string_view verb = text.verb();
  const bool piecemeal = access == core::Access::piecemeal;
  if (text.unended) refuse(unended_statement());
  if (contains(k_transaction, verb)) refuse(no_transaction_control(upper(verb), access));
  if (text.starts("prepare", "transaction")) refuse(no_transaction_control("PREPARE TRANSACTION", access));
  if (text.several) refuse(no_second_statement());
  if (contains(k_lasting, verb)) refuse(no_lasting_setting(upper(verb)));
  if (verb == "copy") refuse(no_file_of_server("COPY"));
  if (verb == "vacuum" && !piecemeal) refuse(no_rebuilding(access));
  if (piecemeal) judge_reach(text);
  if (piecemeal && text.coded) refuse(no_hidden_name());
  judge_setting(text, access);
  const bool writes = std::any_of(k_writing.begin(), k_writing.end(), [&](auto word) { return text.has(word); });
  const bool reads = contains(k_reading, verb);
  if ((text.has(k_receipts) || text.has(k_begun) || text.has(k_batches)) && (!reads || writes))
    refuse(no_touching_receipts());
  // SELECT … FOR UPDATE reads; what writes inside WITH does not let a cursor be declared, nor does INTO.
  // A cursor that outlives its transaction cannot lock rows.
  const bool locks = piecemeal && text.has("update");
  const bool can_be_read_on = reads && !locks && (verb == "with" ? !writes : !text.has("into"));
  const bool may_change_schema = contains(k_of_schema, verb) || (verb == "select" && text.has("into"));
  return {std::move(text.sql), text.placeholders, can_be_read_on, may_change_schema};
}

}  // namespace target

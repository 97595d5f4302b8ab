#include "target/postgresql_receipts.hpp"

#include <charconv>
#include <fmt/format.h>

#include "base/hash.hpp"

namespace target {
namespace {

constexpr const char* k_look =
    "SELECT c.oid::pg_catalog.int8, pg_catalog.quote_ident(n.nspname) || '.fettle_receipts'"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relname = 'fettle_receipts' AND c.relkind IN ('r', 'p') AND pg_catalog.pg_table_is_visible(c.oid)";

// docs/receipts.md explains it to people who meet it in their database.
constexpr const char* k_make =
    "CREATE TABLE IF NOT EXISTS fettle_receipts ("
    " script text NOT NULL, sha256 text NOT NULL, ledger text NOT NULL, attempt bigint NOT NULL, run bigint NOT NULL,"
    " node text NOT NULL, applied_at timestamptz NOT NULL, fettle text NOT NULL,"
    " PRIMARY KEY (script, sha256, ledger, attempt))";

// What the table is like: a change of its definition, of who owns it or of what happens when it is written, and, in the
// counts, what this transaction did to its rows, functions and triggers included. TRUNCATE gives it another file.
constexpr const char* k_state =
    "(SELECT pg_catalog.concat_ws(' ', c.relname, c.relnamespace, c.relowner, c.relkind, c.relfilenode,"
    " c.relrowsecurity, c.relforcerowsecurity, c.relhasrules, c.relhastriggers, c.relhassubclass,"
    " (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(':', a.attnum, a.attname, a.atttypid), ',' ORDER BY a.attnum)"
    " FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) "
    "0),"
    " pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid){}, pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),"
    " pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))"
    " FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)";

std::string text_in(const Libpq& pq, const PGresult* result, int column) {
  return {pq.getvalue(result, 0, column), static_cast<std::size_t>(pq.getlength(result, 0, column))};
}

std::int64_t number_in(const Libpq& pq, const PGresult* result, int column) {
  const std::string text = text_in(pq, result, column);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::int64_t pg_lock_of(std::string_view script) {
  const std::string hash = base::sha256_hex(fmt::format("fettle {}", script));
  std::uint64_t number = 0;
  std::from_chars(hash.data(), hash.data() + 16, number, 16);
  return static_cast<std::int64_t>(number);
}

bool PgReceipts::look() {
  link_.send(k_look);
  const PgResult found = std::move(link_.collect().back());
  const Libpq& pq = link_.pq();
  table_.clear();
  if (pq.ntuples(found.get()) == 0) return false;
  oid_ = number_in(pq, found.get(), 0);
  table_ = text_in(pq, found.get(), 1);
  return true;
}

const char* PgReceipts::definition() {
  return k_make;
}

void PgReceipts::make() {
  link_.send(k_make);
  link_.collect();
}

void PgReceipts::send_state() {
  link_.send("SELECT " +
                 fmt::format(k_state,
                             " OPERATOR(pg_catalog.+) CASE pg_catalog.current_setting('track_counts') WHEN 'on' THEN 1 "
                             "ELSE 0 END"),
             PgParameters({oid_}));
}

void PgReceipts::take_state(const PGresult* result) {
  expected_ = link_.pq().ntuples(result) == 1 ? text_in(link_.pq(), result, 0) : "";
}

void PgReceipts::send(const core::Receipt& receipt) {
  link_.send(fmt::format("INSERT INTO {} (script, sha256, ledger, attempt, run, node, applied_at, fettle) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                         table_),
             PgParameters({receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, receipt.run, receipt.node,
                           receipt.applied_at, receipt.version}));
  link_.send(fmt::format("SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {} OPERATOR(pg_catalog.=) $2 THEN 1 ELSE 0 END",
                         fmt::format(k_state, "")),
             PgParameters({oid_, expected_}));
}

void PgReceipts::send_find_where(std::string_view condition, const core::Values& parameters) {
  link_.send(fmt::format("SELECT script, sha256, ledger, node, pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', "
                         "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), fettle, attempt, run FROM {} WHERE {} ORDER BY "
                         "applied_at DESC LIMIT 1",
                         table_, condition),
             PgParameters(parameters));
}

std::optional<core::Receipt> PgReceipts::take_found(const PGresult* result) const {
  const Libpq& pq = link_.pq();
  if (pq.ntuples(result) == 0) return std::nullopt;
  const auto text = [&](int column) { return text_in(pq, result, column); };
  return core::Receipt{
      text(0), text(1), text(2), text(3), text(4), text(5), number_in(pq, result, 6), number_in(pq, result, 7)};
}

void PgReceipts::send_find(const std::string& script, const std::string& sha256) {
  send_find_where("script = $1 AND sha256 = $2", {script, sha256});
}

std::optional<core::Receipt> PgReceipts::find(const std::string& script, const std::string& sha256) {
  send_find(script, sha256);
  return take_found(link_.collect().back().get());
}

std::optional<core::Receipt> PgReceipts::find(const core::Inquire& attempt) {
  send_find_where("script = $1 AND sha256 = $2 AND ledger = $3 AND attempt = $4",
                  {attempt.script, attempt.sha256, attempt.ledger, attempt.attempt});
  return take_found(link_.collect().back().get());
}

}  // namespace target

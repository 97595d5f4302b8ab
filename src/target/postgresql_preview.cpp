#include "target/postgresql_preview.hpp"

#include <string>

#include "target/postgresql_session.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Cause;
using Patience = PgLink::Patience;

constexpr const char* k_begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE";
constexpr const char* k_savepoint = "SAVEPOINT fettle_script";
constexpr const char* k_back = "ROLLBACK TO SAVEPOINT fettle_script";
constexpr const char* k_release = "RELEASE SAVEPOINT fettle_script";
constexpr const char* k_read_only = "SELECT pg_catalog.set_config('transaction_read_only', 'on', true)";

// Between scripts nothing happens here for as long as others work on other databases; a client that is gone without a
// word is noticed all the same.
constexpr const char* k_between_scripts =
    "SELECT pg_catalog.set_config(name, value, true) FROM (VALUES ('idle_in_transaction_session_timeout', '1d'),"
    " ('statement_timeout', '0'), ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'),"
    " ('tcp_keepalives_count', '3'), ('application_name', 'fettle')) AS settings (name, value)";

// SET CONSTRAINTS lasts until the end of the transaction, and there is no word for what it was before. So all are
// deferred, and then those of which the database says that they are not when a transaction begins. One that a later
// script makes is checked at that script's end at the latest.
constexpr const char* k_defer = "SET CONSTRAINTS ALL DEFERRED";
constexpr const char* k_not_deferred =
    "SELECT pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.name), ', ') FROM (SELECT connamespace,"
    " conname AS name FROM pg_catalog.pg_constraint GROUP BY connamespace, conname HAVING"
    " pg_catalog.bool_and(condeferrable AND NOT condeferred)) c JOIN pg_catalog.pg_namespace n ON"
    " n.oid OPERATOR(pg_catalog.=) c.connamespace WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')";

}  // namespace

void PgPreview::open() {
  if (link_.lost() || is_over()) throw SqlError(Cause::unreachable, preview_is_over("its transaction is gone"));
  if (is_open_) return;
  for (const char* sql : {k_begin, k_between_scripts, k_savepoint}) link_.send(sql);
  link_.collect();
  is_open_ = true;
}

void PgPreview::send_beginning(const Beginning& how) {
  link_.send(k_back);
  if (only_reads(how.access)) link_.send(k_read_only);
  send_settings(link_, how);
}

std::size_t PgPreview::send_end() {
  for (const char* sql : k_put_back) link_.send(sql);
  link_.send(k_let_go);
  return k_put_back.size() + 1;
}

void PgPreview::keep() {
  link_.send(k_defer);
  link_.send(k_not_deferred);
  const PgResult found = std::move(link_.collect(Patience::to_the_end).back());
  const std::string names = link_.pq().getvalue(found.get(), 0, 0);
  if (!names.empty()) link_.send("SET CONSTRAINTS " + names + " IMMEDIATE");
  for (const char* sql : {k_release, k_between_scripts, k_savepoint}) link_.send(sql);
  link_.collect(Patience::to_the_end);
}

void PgPreview::take_back() {
  link_.settle(k_back);
  if (is_over()) return;
  link_.send(k_back);
  link_.send(k_let_go);
  link_.collect(Patience::to_the_end);
}

}  // namespace target

#include "target/postgresql_receipts.hpp"

#include <charconv>
#include <fmt/format.h>

#include "base/hash.hpp"
#include "target/postgresql_session.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

constexpr const char* k_look =
    "SELECT c.oid::pg_catalog.int8, pg_catalog.quote_ident(n.nspname) || '.' || c.relname"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relname = $1 AND c.relkind IN ('r', 'p') AND pg_catalog.pg_table_is_visible(c.oid)";

// docs/receipts.md explains it to people who meet it in their database.
constexpr const char* k_make =
    "CREATE TABLE IF NOT EXISTS fettle_receipts ("
    " script text NOT NULL, sha256 text NOT NULL, ledger text NOT NULL, attempt bigint NOT NULL, run bigint NOT NULL,"
    " node text NOT NULL, applied_at timestamptz NOT NULL, fettle text NOT NULL,"
    " PRIMARY KEY (script, sha256, ledger, attempt))";

constexpr const char* k_make_begun =
    "CREATE TABLE IF NOT EXISTS fettle_begun ("
    " script text NOT NULL, sha256 text NOT NULL, ledger text NOT NULL, attempt bigint NOT NULL, run bigint NOT NULL,"
    " node text NOT NULL, begun_at timestamptz NOT NULL, fettle text NOT NULL,"
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

// Column of the time, table, condition, number of rows.
constexpr const char* k_find =
    "SELECT script, sha256, ledger, node, pg_catalog.to_char({0} AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), fettle, attempt, run FROM {1} WHERE {2} ORDER BY {0} DESC, script, ledger, "
    "attempt LIMIT {3}";

// Whose application_name says that they are fettle's, and who have the lock of a script.
constexpr const char* k_at_work =
    "SELECT a.application_name, coalesce(pg_catalog.to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC',"
    " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), ''), coalesce(pg_catalog.host(a.client_addr), 'this host') || ', server "
    "process ' || a.pid FROM pg_catalog.pg_stat_activity a WHERE a.datname = pg_catalog.current_database() AND "
    "a.application_name LIKE 'fettle %' AND EXISTS (SELECT 1 FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND "
    "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1) ORDER BY 2";

PgParameters parameters_of(const core::Receipt& receipt) {
  return PgParameters({receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, receipt.run, receipt.node,
                       receipt.applied_at, receipt.version});
}

constexpr const char* k_of_version = "script = $1 AND sha256 = $2";
constexpr const char* k_of_attempt = "script = $1 AND sha256 = $2 AND ledger = $3 AND attempt = $4";

std::string text_in(const Libpq& pq, const PGresult* result, int column, int row = 0) {
  return {pq.getvalue(result, row, column), static_cast<std::size_t>(pq.getlength(result, row, column))};
}

std::int64_t number_in(const Libpq& pq, const PGresult* result, int column, int row = 0) {
  const std::string text = text_in(pq, result, column, row);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

core::Receipt receipt_in(const Libpq& pq, const PGresult* result, int row) {
  const auto text = [&](int column) { return text_in(pq, result, column, row); };
  return core::Receipt{text(0),
                       text(1),
                       text(2),
                       text(3),
                       text(4),
                       text(5),
                       number_in(pq, result, 6, row),
                       number_in(pq, result, 7, row)};
}

}  // namespace

std::int64_t pg_lock_of(std::string_view script) {
  const std::string hash = base::sha256_hex(fmt::format("fettle {}", script));
  std::uint64_t number = 0;
  std::from_chars(hash.data(), hash.data() + 16, number, 16);
  return static_cast<std::int64_t>(number);
}

PgResult PgReceipts::ask(const std::string& sql, const core::Values& parameters, PgLink::Patience patience) {
  link_.send(sql, PgParameters(parameters));
  return std::move(link_.collect(patience).back());
}

bool PgReceipts::look() {
  const PgResult found = ask(k_look, {k_receipts});
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

namespace {

// In the place of a receipt that is not there yet.
constexpr const char* k_one_more =
    " OPERATOR(pg_catalog.+) CASE pg_catalog.current_setting('track_counts') WHEN 'on' THEN 1 ELSE 0 END";

}  // namespace

void PgReceipts::send_state(Leaves leaves) {
  kept_.send("SELECT " + fmt::format(k_state, leaves == Leaves::receipt ? k_one_more : ""), PgParameters({oid_}));
}

std::size_t PgReceipts::send_untouched() {
  const std::size_t looked = kept_.send_check();
  link_.send(fmt::format("SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {} OPERATOR(pg_catalog.=) $2 THEN 1 ELSE 0 END",
                         fmt::format(k_state, k_one_more)),
             PgParameters({oid_, expected_}));
  return looked + 1;
}

void PgReceipts::take_state(const PGresult* result) {
  expected_ = link_.pq().ntuples(result) == 1 ? text_in(link_.pq(), result, 0) : "";
}

// The names are looked at when nothing of a script's can be executed any more before the last statement.
std::size_t PgReceipts::send(const core::Receipt& receipt) {
  kept_.send(fmt::format("INSERT INTO {} (script, sha256, ledger, attempt, run, node, applied_at, fettle) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                         table_),
             parameters_of(receipt));
  const std::size_t looked = kept_.send_check();
  send_check();
  return looked + 2;
}

void PgReceipts::send_check() {
  kept_.send(fmt::format("SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {} OPERATOR(pg_catalog.=) $2 THEN 1 ELSE 0 END",
                         fmt::format(k_state, "")),
             PgParameters({oid_, expected_}));
}

void PgReceipts::send_removal(const core::Receipt& version, std::int64_t attempt) {
  link_.send(fmt::format("WITH gone AS (DELETE FROM {} WHERE {} RETURNING 1) SELECT 1 OPERATOR(pg_catalog./) "
                         "pg_catalog.count(*) FROM gone",
                         table_, k_of_attempt),
             PgParameters({version.script, version.sha256, version.ledger, attempt}));
}

std::string PgReceipts::finding_where(std::string_view condition) const {
  return fmt::format(k_find, "applied_at", table_, condition, 1);
}

std::optional<core::Receipt> PgReceipts::take_found(const PGresult* result) const {
  if (link_.pq().ntuples(result) == 0) return std::nullopt;
  return receipt_in(link_.pq(), result, 0);
}

void PgReceipts::send_find(const std::string& script, const std::string& sha256) {
  kept_.send(finding_where(k_of_version), PgParameters({script, sha256}));
}

std::optional<core::Receipt> PgReceipts::find(const std::string& script, const std::string& sha256) {
  link_.send(finding_where(k_of_version), PgParameters({script, sha256}));
  return take_found(link_.collect().back().get());
}

std::optional<core::Receipt> PgReceipts::find(const core::Inquire& attempt) {
  link_.send(finding_where(k_of_attempt),
             PgParameters({attempt.script, attempt.sha256, attempt.ledger, attempt.attempt}));
  return take_found(link_.collect().back().get());
}

bool PgReceipts::has(const core::Receipt& attempt) {
  link_.send(finding_where(k_of_attempt),
             PgParameters({attempt.script, attempt.sha256, attempt.ledger, attempt.attempt}));
  return take_found(link_.collect().back().get()).has_value();
}

std::vector<std::string> PgReceipts::scripts_with(const std::string& part) {
  const PgResult found =
      ask(fmt::format("SELECT DISTINCT script FROM {} WHERE pg_catalog.strpos(script, $1) > 0", table_), {part});
  std::vector<std::string> names;
  for (int row = 0; row < link_.pq().ntuples(found.get()); ++row)
    names.push_back(text_in(link_.pq(), found.get(), 0, row));
  return names;
}

// --- without a transaction -----------------------------------------------------------------------------------------

bool PgReceipts::look_for_begun() {
  const PgResult found = ask(k_look, {k_begun});
  begun_ = link_.pq().ntuples(found.get()) == 0 ? std::string() : text_in(link_.pq(), found.get(), 1);
  return !begun_.empty();
}

void PgReceipts::make_begun() {
  ask(k_make_begun);
}

const char* PgReceipts::definition_of_begun() {
  return k_make_begun;
}

std::vector<core::Receipt> PgReceipts::find_starts(const std::string& script, const std::string& sha256) {
  std::vector<core::Receipt> all;
  if (!look_for_begun()) return all;
  const PgResult found = ask(fmt::format(k_find, "begun_at", begun_, k_of_version, "ALL"), {script, sha256});
  for (int row = 0; row < link_.pq().ntuples(found.get()); ++row)
    all.push_back(receipt_in(link_.pq(), found.get(), row));
  return all;
}

void PgReceipts::leave_start(const core::Receipt& receipt) {
  link_.send("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  link_.send(k_wait_for_disk);
  link_.send(fmt::format("DELETE FROM {} WHERE script = $1 AND sha256 = $2 AND ledger = $3", begun_),
             PgParameters({receipt.script, receipt.sha256, receipt.ledger}));
  link_.send(fmt::format("INSERT INTO {} (script, sha256, ledger, attempt, run, node, begun_at, fettle) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                         begun_),
             parameters_of(receipt));
  link_.send("COMMIT");
  link_.collect(PgLink::Patience::to_the_end);
}

bool PgReceipts::take_start_away(const core::Receipt& receipt) {
  const PgResult gone =
      ask(fmt::format("DELETE FROM {} WHERE {}", begun_, k_of_attempt),
          {receipt.script, receipt.sha256, receipt.ledger, receipt.attempt}, PgLink::Patience::to_the_end);
  return std::string_view(link_.pq().cmdTuples(gone.get())) == "1";
}

void PgReceipts::take_starts_away(const std::string& script) {
  ask(fmt::format("DELETE FROM {} WHERE script = $1", begun_), {script}, PgLink::Patience::to_the_end);
}

// --- the fleet -----------------------------------------------------------------------------------------------------

std::vector<core::Receipt> PgReceipts::all_of(const char* time, const std::string& table, const core::Muster& wish,
                                              std::int64_t skip) {
  const PgResult found = ask(fmt::format(k_find, time, table, "true", "$1 OFFSET $2"), {wish.most, skip});
  std::vector<core::Receipt> all;
  for (int row = 0; row < link_.pq().ntuples(found.get()); ++row)
    all.push_back(receipt_in(link_.pq(), found.get(), row));
  return all;
}

core::Fleet PgReceipts::muster(const core::Muster& wish) {
  core::Fleet fleet;
  if (look()) fleet.applied = all_of("applied_at", table_, wish, wish.skip);
  if (look_for_begun()) fleet.begun = all_of("begun_at", begun_, wish, 0);
  const PgResult found = ask(k_at_work);
  for (int row = 0; row < link_.pq().ntuples(found.get()); ++row) {
    const auto text = [&](int column) { return text_in(link_.pq(), found.get(), column, row); };
    const auto [node, script] = node_and_script(text(0));
    fleet.at_work.push_back({script, node, text(1), text(2)});
  }
  return fleet;
}

}  // namespace target

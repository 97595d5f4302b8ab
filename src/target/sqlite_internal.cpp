#include "target/sqlite_internal.hpp"

#include <utility>
#include <variant>

#include "target/connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

// docs/receipts.md explains it to people who meet it in their database.
constexpr const char* k_receipts_table =
    "CREATE TABLE IF NOT EXISTS main.fettle_receipts ("
    " script TEXT NOT NULL, sha256 TEXT NOT NULL, ledger TEXT NOT NULL, attempt INTEGER NOT NULL, run INTEGER NOT NULL,"
    " node TEXT NOT NULL, applied_at TEXT NOT NULL, fettle TEXT NOT NULL,"
    " PRIMARY KEY (script, sha256, ledger, attempt)) WITHOUT ROWID";

constexpr const char* k_begun_table =
    "CREATE TABLE IF NOT EXISTS main.fettle_begun ("
    " script TEXT NOT NULL, sha256 TEXT NOT NULL, ledger TEXT NOT NULL, attempt INTEGER NOT NULL, run INTEGER NOT NULL,"
    " node TEXT NOT NULL, begun_at TEXT NOT NULL, fettle TEXT NOT NULL,"
    " PRIMARY KEY (script, sha256, ledger, attempt)) WITHOUT ROWID";

constexpr const char* k_batches_table =
    "CREATE TABLE IF NOT EXISTS main.fettle_batches ("
    " script TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, ledger TEXT NOT NULL, attempt INTEGER NOT NULL,"
    " run INTEGER NOT NULL, node TEXT NOT NULL, left_at TEXT NOT NULL, fettle TEXT NOT NULL, reached TEXT NOT NULL,"
    " pages INTEGER NOT NULL, done INTEGER NOT NULL, failed INTEGER NOT NULL, ended INTEGER NOT NULL,"
    " PRIMARY KEY (script, name)) WITHOUT ROWID";

constexpr const char* k_of_attempt = "script = ? AND sha256 = ? AND ledger = ? AND attempt = ?";

template <class Type>
Type value_or(const core::Value& value, Type otherwise) {
  const auto* found = std::get_if<Type>(&value);
  return found != nullptr ? *found : otherwise;
}

}  // namespace

SqliteInternal::SqliteInternal(sqlite3* database, SqliteGuard& guard, std::function<void(int)> fail)
    : database_(database),
      guard_(guard),
      fail_(std::move(fail)),
      statements_(database, guard, SqliteGuard::Speaker::fettle, fail_) {}

namespace {

core::Row row_of(sqlite3_stmt* statement) {
  core::Row row;
  for (int index = 0; index < sqlite3_column_count(statement); ++index)
    row.push_back(core::owned(column(statement, index)));
  return row;
}

}  // namespace

std::optional<core::Row> SqliteInternal::say(const std::string& sql, const core::Values& parameters) {
  const Rewind rewind(statements_.keep(sql));
  bind_all(rewind.statement, parameters, Bytes::stay);
  guard_.expect(sqlite3_sql(rewind.statement));
  const int code = sqlite3_step(rewind.statement);
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) fail_(code);
  return row_of(rewind.statement);
}

std::string SqliteInternal::word(const std::string& sql) {
  const std::optional<core::Row> row = say(sql);
  return row ? value_or(row->at(0), std::string()) : std::string();
}

void SqliteInternal::once(const char* sql) {
  guard_.listen_to(SqliteGuard::Speaker::fettle);
  if (const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) fail_(code);
}

void SqliteInternal::forget() {
  statements_.forget();
}

// --- receipts ------------------------------------------------------------------------------------------------------

void SqliteInternal::make_receipts() {
  say(k_receipts_table);
}

std::optional<core::Receipt> receipt_in(const std::optional<core::Row>& row) {
  if (!row) return std::nullopt;
  const auto text = [&](std::size_t at) { return value_or(row->at(at), std::string()); };
  const auto number = [&](std::size_t at) { return value_or(row->at(at), std::int64_t{0}); };
  return core::Receipt{text(0), text(1), text(2), text(3), text(4), text(5), number(6), number(7)};
}

std::optional<core::Receipt> SqliteInternal::receipt_where(const std::string& condition,
                                                           const core::Values& parameters) {
  return receipt_in(
      say("SELECT script, sha256, ledger, node, applied_at, fettle, attempt, run FROM main.fettle_receipts WHERE " +
              condition + " ORDER BY applied_at DESC LIMIT 1",
          parameters));
}

bool SqliteInternal::has_table(std::string_view name) {
  return say("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?", {name}).has_value();
}

bool SqliteInternal::has_receipts() {
  return has_table(k_receipts);
}

std::optional<core::Receipt> SqliteInternal::receipt_of(const std::string& script, const std::string& sha256) {
  return receipt_where("script = ? AND sha256 = ?", {script, sha256});
}

std::optional<core::Receipt> SqliteInternal::receipt_of(const std::string& script, const std::string& sha256,
                                                        const std::string& ledger, std::int64_t attempt) {
  if (!has_receipts()) return std::nullopt;
  return receipt_where(k_of_attempt, {script, sha256, ledger, attempt});
}

void SqliteInternal::leave(const core::Receipt& receipt) {
  say("INSERT INTO main.fettle_receipts (script, sha256, ledger, attempt, run, node, applied_at, fettle) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, receipt.run, receipt.node, receipt.applied_at,
       receipt.version});
  if (!receipt_where(k_of_attempt, {receipt.script, receipt.sha256, receipt.ledger, receipt.attempt}))
    throw SqlError(core::Cause::error, "the receipt cannot be written into the table fettle_receipts of this database");
}

void SqliteInternal::take_receipt_away(const core::Receipt& version, std::int64_t attempt) {
  say(std::string("DELETE FROM main.fettle_receipts WHERE ") + k_of_attempt,
      {version.script, version.sha256, version.ledger, attempt});
  if (sqlite3_changes(database_) != 1 || receipt_of(version.script, version.sha256, version.ledger, attempt))
    throw SqlError(core::Cause::error, receipt_is_gone());
}

std::vector<std::string> SqliteInternal::scripts_with(const std::string& part) {
  std::vector<std::string> names;
  if (!has_receipts()) return names;
  for (core::Receipt& receipt :
       receipts("SELECT DISTINCT script, '', '', '', '', '', 0, 0 FROM main.fettle_receipts WHERE instr(script, ?) > 0",
                {part}))
    names.push_back(std::move(receipt.script));
  return names;
}

std::vector<core::Receipt> SqliteInternal::starts_of(const std::string& script, const std::string& sha256) {
  if (!has_table(k_begun)) return {};
  return receipts(
      "SELECT script, sha256, ledger, node, begun_at, fettle, attempt, run FROM main.fettle_begun WHERE script = ? AND "
      "sha256 = ? ORDER BY begun_at DESC",
      {script, sha256});
}

void SqliteInternal::leave_start(const core::Receipt& receipt) {
  say(k_begun_table);
  say("DELETE FROM main.fettle_begun WHERE script = ? AND sha256 = ? AND ledger = ?",
      {receipt.script, receipt.sha256, receipt.ledger});
  say("INSERT INTO main.fettle_begun (script, sha256, ledger, attempt, run, node, begun_at, fettle) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, receipt.run, receipt.node, receipt.applied_at,
       receipt.version});
  if (starts_of(receipt.script, receipt.sha256).empty())
    throw SqlError(core::Cause::error, "the table fettle_begun of this database does not keep what is written into it");
}

bool SqliteInternal::take_start_away(const core::Receipt& receipt) {
  say(std::string("DELETE FROM main.fettle_begun WHERE ") + k_of_attempt,
      {receipt.script, receipt.sha256, receipt.ledger, receipt.attempt});
  return sqlite3_changes(database_) == 1;
}

void SqliteInternal::take_starts_away(const std::string& script) {
  say("DELETE FROM main.fettle_begun WHERE script = ?", {script});
}

bool SqliteInternal::has_batches() {
  return has_table(k_batches);
}

void SqliteInternal::make_batches() {
  say(k_batches_table);
}

std::int64_t SqliteInternal::changed() const {
  return sqlite3_changes64(database_);
}

std::vector<core::Row> SqliteInternal::all(const std::string& sql, const core::Values& parameters) {
  std::vector<core::Row> rows;
  const Rewind rewind(statements_.keep(sql));
  bind_all(rewind.statement, parameters, Bytes::stay);
  guard_.expect(sqlite3_sql(rewind.statement));
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(rewind.statement)) == SQLITE_ROW) rows.push_back(row_of(rewind.statement));
  if (code != SQLITE_DONE) fail_(code);
  return rows;
}

std::vector<core::Receipt> SqliteInternal::receipts(const std::string& sql, const core::Values& parameters) {
  std::vector<core::Receipt> found;
  for (core::Row& row : all(sql, parameters)) found.push_back(*receipt_in(std::move(row)));
  return found;
}

// Who is at work here the run lock tells.
core::Fleet SqliteInternal::muster(const core::Muster& wish) {
  core::Fleet fleet;
  if (has_receipts())
    fleet.applied = receipts(
        "SELECT script, sha256, ledger, node, applied_at, fettle, attempt, run FROM main.fettle_receipts ORDER BY "
        "applied_at DESC, attempt DESC LIMIT ? OFFSET ?",
        {wish.most, wish.skip});
  if (has_table(k_begun))
    fleet.begun = receipts(
        "SELECT script, sha256, ledger, node, begun_at, fettle, attempt, run FROM main.fettle_begun ORDER BY begun_at "
        "DESC LIMIT ?",
        {wish.most});
  return fleet;
}

}  // namespace target

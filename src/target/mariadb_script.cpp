#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>

#include "target/mariadb_connection.hpp"
#include "target/mariadb_schema.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Access;
using core::Cause;
using Reading = MariaStatement::Reading;

constexpr std::size_t k_bulk_rows = 1000, k_bulk_bytes = std::size_t{1} << 20U;  // of executemany, sent together
constexpr unsigned k_read_only_transaction = 1792, k_no_such_savepoint = 1305;

}  // namespace

// --- reading -------------------------------------------------------------------------------------------------------

MariaCursor::MariaCursor(Mariadb& connection, std::unique_ptr<MariaStatement> statement)
    : connection_(connection), statement_(std::move(statement)) {
  if (statement_->has_rows()) columns_ = statement_->columns().names();
}

MariaCursor::~MariaCursor() {
  statement_->finish();
  connection_.keep(std::move(statement_));
}

bool MariaCursor::next(core::Writer& row) {
  if (!rows_) return statement_->has_rows() && connection_.fetch(*statement_, row);
  if (at_ == rows_->size()) return false;
  row.append((*rows_)[at_++]);
  return true;
}

void MariaCursor::read_all() {
  std::vector<std::string> rows;
  core::Writer row;
  for (; statement_->has_rows() && statement_->next(row); row.clear()) rows.push_back(row.bytes());
  statement_->skip_further_results();
  rows_ = std::move(rows);
}

// --- statements ----------------------------------------------------------------------------------------------------

// Some errors end the transaction, and what came next would last at once; only the server knows which.
void Mariadb::explain(const MariaError& error) {
  if (link_.lost()) throw error;
  link_.look();
  if (begun_ && !in_transaction()) {
    begun_ = false;
    renew();
  }
  if (preview_.is_over()) throw SqlError(Cause::unreachable, preview_is_over(error.what()));
  if (preview_.is_open() && error.number() == MariaPreview::k_would_commit)
    throw SqlError(Cause::error, procedure_would_commit(error.what()));
  if (error.number() == k_read_only_transaction && only_reads(access_)) throw SqlError(Cause::error, no_writing());
  throw error;
}

void Mariadb::check_transaction() {
  if (is_piecemeal()) return piecemeal_.check();
  if (link_.in_transaction()) return;
  begun_ = false;
  renew();
  throw SqlError(Cause::error, "the statement committed, or ended the transaction otherwise");
}

// A transaction that writes cannot be made one that reads, so in a preview the text decides; what a function of the
// database writes is undone.
MariaText Mariadb::read(std::string_view sql) const {
  MariaText text = read_mariadb(sql, session_.dialect(), access_);
  if (preview_.is_open() && only_reads(access_) && text.writes) throw SqlError(Cause::error, no_writing());
  return text;
}

// A statement that was asked for more (RETURNING) may be one that the server does not know, or does not allow this
// user: then the script's own words are sent.
std::unique_ptr<MariaStatement> Mariadb::take(const std::string& sql, std::string& own) {
  if (own == sql) return statements_.take(sql);
  try {
    return statements_.take(own);
  } catch (const MariaError&) {
    if (link_.lost()) throw;
    own = sql;
    return statements_.take(sql);
  }
}

// alone: nobody reads what it returns.
std::unique_ptr<MariaStatement> Mariadb::start(const MariaText& text, const core::Values& parameters, Reading reading,
                                               bool alone) {
  if (text.placeholders != parameters.size())
    throw SqlError(Cause::error, wrong_number_of_parameters(text.placeholders, parameters.size()));
  session_.check_size(text.sql, parameters);
  std::unique_ptr<MariaStatement> statement;
  guard([&] {
    calling_ = text.calls && !is_piecemeal();
    if (calling_) link_.run("SAVEPOINT fettle_call");
    const bool is_seen = alone && access_ == Access::write;
    std::string own = is_seen ? changes_.before(text.sql, parameters) : text.sql;
    statement = take(text.sql, own);
    const std::uint64_t rows = statement->execute(parameters, reading);
    const bool counts = text.changes_rows && rows != std::numeric_limits<std::uint64_t>::max();
    if (counts) changed_ += rows;
    if (is_seen) changes_.after(counts ? rows : 0, own == text.sql ? nullptr : statement.get());
    changes_.note(text.sql, counts ? rows : 0, is_seen);
  });
  preview_.note(text.sql, session_.dialect());
  return statement;
}

std::int64_t Mariadb::execute(std::string_view sql, const core::Values& parameters) {
  const MariaText text = read(sql);
  const std::uint64_t before = changed_;
  if (text.calls || text.can_be_read_on)
    query(sql, parameters);
  else
    execute_one(text, parameters);
  return static_cast<std::int64_t>(changed_ - before);
}

std::int64_t Mariadb::execute_many(std::string_view sql, core::PackedRows rows) {
  const MariaText text = read(sql);
  const std::uint64_t before = changed_;
  if (is_piecemeal())
    piecemeal_.together([&] { execute_all(text, rows); });
  else
    execute_all(text, rows);
  return static_cast<std::int64_t>(changed_ - before);
}

void Mariadb::execute_all(const MariaText& text, core::PackedRows rows) {
  const std::size_t most_bytes = std::min<std::size_t>(k_bulk_bytes, session_.largest_packet() / 2);
  MariaBulk bulk;
  core::Values row;
  while (rows.next(row)) {
    if (row.size() != text.placeholders || !text.suits_bulks || !session_.takes_bulks() || size_of(row) > most_bytes) {
      send(text, bulk);
      execute_one(text, row);
      continue;
    }
    if (bulk.rows() == k_bulk_rows || bulk.bytes() + size_of(row) > most_bytes) send(text, bulk);
    if (bulk.add(row)) continue;
    send(text, bulk);
    bulk.add(row);
  }
  send(text, bulk);
}

void Mariadb::send(const MariaText& text, MariaBulk& bulk) {
  if (bulk.rows() == 0) return;
  guard([&] {
    std::unique_ptr<MariaStatement> statement = statements_.take(text.sql);
    const std::uint64_t rows = statement->execute(bulk);
    changed_ += rows;
    changes_.note(text.sql, rows, false);
    statements_.keep(std::move(statement));
  });
  check_transaction();
  bulk.clear();
}

void Mariadb::execute_one(const MariaText& text, const core::Values& row) {
  std::unique_ptr<MariaStatement> statement = start(text, row, Reading::stored, true);
  guard([&] {
    if (text.calls) statement->skip_further_results();
  });
  check_transaction();
  statement->finish();
  statements_.keep(std::move(statement));
}

// A procedure may have committed and begun anew, also one that then fails: a savepoint does not outlive that.
void Mariadb::check_call() {
  if (!std::exchange(calling_, false)) return;
  try {
    link_.run("RELEASE SAVEPOINT fettle_call");
  } catch (const MariaError& error) {
    if (error.number() != k_no_such_savepoint) explain(error);
    begun_ = false;
    renew();
    throw SqlError(Cause::error, "the procedure committed, or rolled back");
  }
}

std::unique_ptr<Cursor> Mariadb::query(std::string_view sql, const core::Values& parameters) {
  const MariaText text = read(sql);
  const Reading reading = text.can_be_read_on ? Reading::on : Reading::stored;
  if (!text.calls) {
    auto cursor = std::make_unique<MariaCursor>(*this, start(text, parameters, reading, false));
    check_transaction();
    return cursor;
  }
  try {
    auto cursor = std::make_unique<MariaCursor>(*this, start(text, parameters, reading, false));
    guard([&] { cursor->read_all(); });
    check_call();
    check_transaction();
    return cursor;
  } catch (const SqlError&) {
    if (!link_.lost() && in_transaction()) check_call();
    throw;
  }
}

bool Mariadb::fetch(MariaStatement& statement, core::Writer& row) {
  bool found = false;
  guard([&] { found = statement.next(row); });
  return found;
}

std::vector<core::Row> Mariadb::describe(core::Describe::What what, const std::string& table, const std::string& name) {
  std::vector<core::Row> rows;
  guard([&] { rows = describe_mariadb(link_, what, table, name); });
  return rows;
}

}  // namespace target

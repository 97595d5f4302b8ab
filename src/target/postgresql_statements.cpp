#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "target/postgresql_catalogue.hpp"
#include "target/postgresql_connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Cause;

constexpr std::size_t k_ahead = 1000;  // rows of executemany sent before their answers are heard

}  // namespace

std::vector<PgResult> Postgresql::collect() {
  try {
    std::vector<PgResult> results = link_.collect();
    if (!in_transaction()) throw SqlError(Cause::error, "this statement ended the transaction");
    return results;
  } catch (const PgError& error) {
    explain(error);
  }
}

void Postgresql::explain(PgError error) {
  // Of what was fetched ahead and failed nobody has been told yet.
  if (error.state() == "25P02" && first_fault_.empty() && link_.posted_fault()) error = *link_.posted_fault();
  if (error.state() == "25P02") throw SqlError(Cause::error, statement_failed_before(first_fault_));
  if (error.state() == "25006" && only_reads(access_)) throw SqlError(Cause::error, no_writing());
  if (first_fault_.empty()) first_fault_ = error.what();
  throw error;
}

void Postgresql::prepare(const PgStatement& statement, std::size_t parameters) {
  if (statement.placeholders != parameters)
    throw SqlError(Cause::error, wrong_number_of_parameters(statement.placeholders, parameters));
  for (const std::string& cursor : std::exchange(over_, {}))
    if (!link_.failed()) link_.send("CLOSE " + cursor);
  if (is_piecemeal()) link_.collect();  // what some statements are, they may only be alone
  if (statement.may_change_schema && access_ == core::Access::write && changes_.wants_schema() && !link_.failed()) {
    changes_.send_schema();
    const std::vector<PgResult> results = collect();
    changes_.take_schema(results.at(results.size() - 2).get());
  }
}

std::int64_t Postgresql::affected(const PGresult* result) {
  const std::string_view text = pq().cmdTuples(const_cast<PGresult*>(result));
  std::int64_t rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  const std::string_view tag = pq().cmdStatus(const_cast<PGresult*>(result));
  const bool changes =
      tag.starts_with("INSERT") || tag.starts_with("UPDATE") || tag.starts_with("DELETE") || tag.starts_with("MERGE");
  if (!changes) return 0;
  changed_ += static_cast<std::uint64_t>(rows);
  changes_.count(tag, static_cast<std::uint64_t>(rows));
  return rows;
}

std::int64_t Postgresql::execute(std::string_view sql, const core::Values& parameters) {
  const PgStatement statement = read_postgresql(sql, access_);
  prepare(statement, parameters.size());
  link_.send_again(statement.sql, PgParameters(parameters));
  return affected(collect().back().get());
}

std::int64_t Postgresql::execute_many(std::string_view sql, core::PackedRows rows) {
  const PgStatement statement = read_postgresql(sql, access_);
  prepare(statement, statement.placeholders);
  std::int64_t all = 0;
  core::Values row;
  PgParameters parameters;
  const auto hear = [&] {
    for (const PgResult& result : collect()) all += affected(result.get());
  };
  std::size_t sent = 0;
  while (rows.next(row)) {
    if (row.size() != statement.placeholders) {
      hear();
      throw SqlError(Cause::error, wrong_number_of_parameters(statement.placeholders, row.size()));
    }
    parameters.set(row);
    link_.send_again(statement.sql, parameters);
    if (++sent % k_ahead == 0) hear();
  }
  hear();
  return all;
}

// A cursor lets the rest be read while other statements are executed; it is declared and read in one journey.
std::unique_ptr<Cursor> Postgresql::query(std::string_view sql, const core::Values& parameters) {
  const PgStatement statement = read_postgresql(sql, access_);
  prepare(statement, parameters.size());
  if (!statement.can_be_read_on) {
    link_.send_again(statement.sql, PgParameters(parameters));
    PgResult all = std::move(collect().back());
    affected(all.get());
    return std::make_unique<PgCursor>(*this, std::move(all), std::string());
  }
  std::string name = fmt::format("fettle_{}", ++cursors_);
  link_.send(
      fmt::format("DECLARE {} NO SCROLL CURSOR {}FOR {}", name, is_piecemeal() ? "WITH HOLD " : "", statement.sql),
      PgParameters(parameters));
  link_.send(fmt::format("FETCH {} FROM {}", k_pg_first_rows, name));
  PgResult first = std::move(collect().back());
  return std::make_unique<PgCursor>(*this, std::move(first), std::move(name));
}

std::vector<core::Row> Postgresql::describe(core::Describe::What what, const std::string& table,
                                            const std::string& name) {
  try {
    return look_up(link_, what, table, name);
  } catch (const PgError& error) {
    explain(error);
  }
}

std::shared_ptr<PgAnswer> Postgresql::fetch(const std::string& cursor, int rows) {
  link_.send(fmt::format("FETCH {} FROM {}", rows, cursor));
  return link_.post(PgLink::Patience::until_stopped);
}

PgResult Postgresql::hear(const std::shared_ptr<PgAnswer>& fetched) {
  link_.hear(*fetched);
  if (fetched->fault) explain(*fetched->fault);
  return std::move(fetched->results.back());
}

}  // namespace target

#include <fmt/format.h>
#include <utility>

#include "core/wire.hpp"
#include "target/broker_inside.hpp"
#include "target/sql_text.hpp"

// What the broker does for a script, statement by statement.
namespace target {
namespace {

using core::Cause;
using core::Kind;

constexpr std::size_t k_most_cursors = 32;

}  // namespace

void Broker::perform(const os::FrameView& frame) {
  if (frame.kind != static_cast<std::uint8_t>(Kind::close)) check_transaction();  // closing never hides an error
  switch (static_cast<Kind>(frame.kind)) {
    case Kind::statement:
      if (const auto statement = core::decode<core::StatementView>(frame.body)) return perform(*statement);
      break;
    case Kind::many:
      if (const auto many = core::decode<core::ManyView>(frame.body)) return perform(*many);
      break;
    case Kind::fetch:
      if (const auto fetch = core::decode<core::Fetch>(frame.body)) return perform(*fetch);
      break;
    case Kind::close:
      if (const auto close = core::decode<core::Close>(frame.body)) {
        transaction_->cursors.erase(close->cursor);
        return answer(core::Affected{0});
      }
      break;
    case Kind::describe:
      if (const auto describe = core::decode<core::Describe>(frame.body)) return perform(*describe);
      break;
    case Kind::savepoint:
      if (const auto wish = core::decode<core::Savepoint>(frame.body)) {
        mark(*transaction_, wish->what);
        return answer(core::Affected{0});
      }
      break;
    default:
      break;
  }
  worker_.close();  // it speaks out of turn
}

void Broker::count_statements(std::uint64_t count) {
  transaction_->statements += count;
  spending_.add_statements(count);
}

void Broker::perform(const core::Describe& describe) {
  spending_.add_statements(1);
  core::Rows names{0, {"name"}, {}};
  names.rows = connection(describe.database).describe(describe.what, describe.table, describe.name);
  for (const core::Row& row : names.rows) spending_.add_row(core::wire_size(row));
  answer(names);
}

// The worker sends on before it has heard what became of the part before.
void Broker::perform(const core::ManyView& many) {
  if (many.follows && transaction_->many_failed) throw SqlError(Cause::error, "not executed: a row before failed");
  transaction_->many_failed = true;
  count_statements(many.rows.size());
  transaction_->may_have_written = true;
  const std::int64_t affected = connection(many.database).execute_many(many.sql, many.rows);
  spending_.check_changed(*transaction_->own->connection);
  transaction_->many_failed = false;
  answer(core::Affected{affected});
}

// What is fetched ahead may never be used, so it must not hit a limit: the worker asks again when it needs the rows.
void Broker::perform(const core::Fetch& fetch) {
  if (fetch.ahead && !RowBatch::fits(spending_)) return answer(core::Rows{fetch.cursor, {}, {}});
  transaction_->fetches_ahead = fetch.ahead;
  send_rows(fetch.cursor);
}

void Broker::perform(const core::StatementView& statement) {
  count_statements(1);
  if (!is_plain_query(statement.sql)) transaction_->may_have_written = true;
  Connection& database = connection(statement.database);
  if (statement.wants == core::Statement::Wants::affected) {
    const std::int64_t affected = database.execute(statement.sql, statement.parameters);
    spending_.check_changed(*transaction_->own->connection);
    return answer(core::Affected{affected});
  }
  if (transaction_->cursors.size() >= k_most_cursors)
    throw SqlError(Cause::error,
                   fmt::format("{} queries are being read at the same time; finish some first", k_most_cursors));
  const std::uint32_t id = ++transaction_->last_cursor;
  transaction_->cursors.emplace(id, database.query(statement.sql, statement.parameters));
  send_rows(id);
}

// A query that has failed is over: read on, it would start anew.
void Broker::send_rows(std::uint32_t id) {
  auto reading = transaction_->cursors.extract(id);
  if (!reading) throw SqlError(Cause::error, "this query is over; begin it again");
  if (batch_.read(id, *reading.mapped(), spending_)) transaction_->cursors.insert(std::move(reading));
  answer(Kind::rows, batch_.body());
}

// The script's own database, or another one: that is read in a read-only transaction of its own, begun when first used.
Connection& Broker::connection(std::string_view name) {
  Database* database = name.empty() ? transaction_->own : databases_.find(name);
  if (database == nullptr) throw SqlError(Cause::error, "there is no database of this name");
  if (!database->connection)
    throw SqlError(Cause::unreachable, fmt::format("database {} cannot be opened: {}", name, database->status.fault));
  if (database == transaction_->own)
    begin_own();
  else if (!database->connection->in_transaction())
    database->connection->begin({core::Access::read, transaction_->deadline});
  return *database->connection;
}

}  // namespace target

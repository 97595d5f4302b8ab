#include "target/database.hpp"

#include <algorithm>
#include <utility>

namespace target {

Database open_database(const core::DatabaseAddress& address, const Surroundings& surroundings) {
  Database database{address.name, nullptr, {address.name, std::string(engine_of(address.url)), {}, core::Cause::none}};
  try {
    database.connection = connect(address.url, surroundings);
  } catch (const SqlError& error) {
    database.status.fault = error.what();
    database.status.cause = error.cause();
  }
  return database;
}

namespace {

// An attempt whose beginning was answered by nobody executed nothing: it may begin again.
bool is_settled(const core::Receipt& start, const core::Begin& wish) {
  const core::Receipt& own = wish.receipt;
  return wish.forced || (start.ledger == own.ledger && (start.attempt == wish.settled || start.attempt == own.attempt));
}

bool was_begun(Connection& connection, const core::Inquire& attempt) {
  if (attempt.ledger.empty()) return false;
  const auto starts = connection.find_starts(attempt.script, attempt.sha256);
  return std::any_of(starts.begin(), starts.end(), [&](const core::Receipt& start) {
    return start.ledger == attempt.ledger && start.attempt == attempt.attempt;
  });
}

// Whether a rollback was committed: the receipt of what it takes back is gone then.
core::Proof look_for_absence(Connection& open, const core::Inquire& wish) {
  core::Inquire undone = wish;
  undone.attempt = wish.undoes;
  const bool is_there = open.proof_of(undone).has_value();
  if (was_begun(open, wish)) return core::Proof::begun;
  return is_there ? core::Proof::absent : core::Proof::present;
}

}  // namespace

void look_for_earlier(Connection& own, const core::Begin& wish, core::Began& began) {
  auto earlier = own.find_receipt(wish.receipt.script, wish.receipt.sha256);
  began.applied = wish.once && earlier.has_value();
  if (began.applied) began.earlier = std::move(*earlier);
  began.missing = wish.undo && !earlier;
  if (began.applied || began.missing || wish.access != core::Access::piecemeal) return;
  for (core::Receipt& start : own.find_starts(wish.receipt.script, wish.receipt.sha256)) {
    if (is_settled(start, wish)) continue;
    began.begun = true;
    began.earlier = std::move(start);
    return;
  }
  own.leave_start(wish.receipt);
}

void forget_start(Connection& own, const core::Receipt& receipt) {
  try {
    own.take_start_away(receipt);
  } catch (const SqlError&) {
    // It stays, which says less than is known.
  }
}

core::Inquired look_for_proof(const Database* database, const core::Inquire& wish) {
  core::Inquired answer;
  if (database == nullptr || !database->connection) {
    answer.error = database == nullptr ? "there is no such database any more" : database->status.fault;
    return answer;
  }
  try {
    Connection& open = *database->connection;
    if (wish.undoes != 0) {
      answer.proof = look_for_absence(open, wish);
      return answer;
    }
    std::optional<core::Receipt> receipt;
    if (!wish.only_begun)
      receipt = wish.ledger.empty() ? open.seen_receipt(wish.script, wish.sha256) : open.proof_of(wish);
    answer.proof = receipt ? core::Proof::present : was_begun(open, wish) ? core::Proof::begun : core::Proof::absent;
    if (receipt) answer.receipt = std::move(*receipt);
  } catch (const SqlError& error) {
    answer.error = error.what();
  }
  return answer;
}

core::Mustered look_around(const Database* database, const core::Muster& wish) {
  core::Mustered found;
  try {
    if (database == nullptr || !database->connection)
      throw SqlError(core::Cause::unreachable, database == nullptr ? "it is not open" : database->status.fault);
    found.fleet = database->connection->muster(wish);
  } catch (const SqlError& error) {
    found.error = error.what();
  }
  return found;
}

core::Examined look_at(const Database* database, const core::Examine& wish) {
  core::Examined found;
  try {
    if (database == nullptr || !database->connection) throw SqlError(core::Cause::unreachable, "it is not open");
    Connection& open = *database->connection;
    if (wish.access == core::Access::write) {
      open.begin(core::Access::write);
      open.rollback();
    }
    found.facts = open.facts();
  } catch (const SqlError& error) {
    found.cause = error.cause();
    found.error = error.what();
  }
  return found;
}

}  // namespace target

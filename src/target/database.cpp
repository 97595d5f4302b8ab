#include "target/database.hpp"

#include <algorithm>
#include <utility>

#include "core/dependency.hpp"
#include "target/keeping.hpp"

namespace target {

Database open_database(const core::DatabaseAddress& address, const core::BrokerSettings& settings, int wake) {
  Database database{address.name, nullptr, {address.name, std::string(engine_of(address.url)), {}, core::Cause::none}};
  if (address.keeping.step != core::Keeping::Step::none) {
    keep(address, {settings.directory, settings.ledger_path}, wake, database.status);
    return database;
  }
  try {
    if (!settings.copies.mark.empty() && keeps_copies(address.url)) {
      keep_copies(address.url, settings.copies, address.copy_to, wake);
      return database;
    }
    database.connection = connect(address.url, {settings.directory, settings.ledger_path});
    if (settings.preview) database.connection->preview();
    if (!address.copy_to.empty()) database.connection->copy_to(address.copy_to, wake);
  } catch (const SqlError& error) {
    database.connection.reset();
    database.status.fault = error.what();
    database.status.cause = error.cause();
  }
  return database;
}

namespace {

constexpr const char* k_no_table = "it has no table of receipts";

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

// Whether a rollback was committed: the receipt of what it takes back is gone then. A database without a table of
// receipts is another one than it was.
core::Proof look_for_absence(Connection& open, const core::Inquire& wish, std::string& error) {
  core::Inquire undone = wish;
  undone.attempt = wish.undoes;
  const bool is_there = open.proof_of(undone).has_value();
  if (was_begun(open, wish)) return core::Proof::begun;
  if (is_there) return core::Proof::absent;
  if (open.keeps_receipts()) return core::Proof::present;
  error = k_no_table;
  return core::Proof::unreachable;
}

// What of a word as in `depends` every name that it means contains.
std::string part_of(const std::string& word) {
  const std::size_t first = word.find_first_not_of('0');
  const bool is_number = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  return is_number && first != std::string::npos ? word.substr(first) : word;
}

std::optional<core::Receipt> look_for_any(Connection& open, const std::string& word) {
  for (const std::string& script : open.seen_scripts(part_of(word))) {
    if (!core::is_called(script, word)) continue;
    core::Receipt receipt;
    receipt.script = script;
    return receipt;
  }
  return std::nullopt;
}

std::optional<core::Receipt> look_for_receipt(Connection& open, const core::Inquire& wish) {
  if (wish.only_begun) return std::nullopt;
  if (!wish.ledger.empty()) return open.proof_of(wish);
  return wish.sha256.empty() ? look_for_any(open, wish.script) : open.seen_receipt(wish.script, wish.sha256);
}

core::Paged pages_of(Connection& open, const core::Inquire& attempt) {
  core::Paged paged;
  for (const core::Bookmark& bookmark : open.pages().seen(attempt.script)) {
    paged.pages += bookmark.pages;
    paged.rows += bookmark.rows;
    paged.advanced |= bookmark.by.ledger == attempt.ledger && bookmark.by.attempt == attempt.attempt;
  }
  return paged;
}

// Whether the receipt that was found is that of an attempt which was undone by nobody knows how much.
bool is_disowned(Connection& own, const core::Begin& wish, const core::Receipt& earlier) {
  if (wish.disowned == 0 || earlier.ledger != wish.receipt.ledger || earlier.attempt != wish.disowned) return false;
  const auto starts = own.find_starts(wish.receipt.script, wish.receipt.sha256);
  return std::any_of(starts.begin(), starts.end(), [&wish](const core::Receipt& start) {
    return start.ledger == wish.receipt.ledger && start.attempt == wish.disowned_by;
  });
}

}  // namespace

bool look_for_earlier(Connection& own, const core::Begin& wish, core::Began& began) {
  auto earlier = own.find_receipt(wish.receipt.script, wish.receipt.sha256);
  const bool outdated = earlier && is_disowned(own, wish, *earlier);
  began.applied = wish.once && earlier && !outdated;
  if (began.applied) began.earlier = std::move(*earlier);
  if (wish.undoes != 0) {
    core::Receipt undone = wish.receipt;
    undone.attempt = wish.undoes;
    began.missing = !own.has_receipt(undone);
  }
  if (began.applied || began.missing || wish.access != core::Access::piecemeal) return outdated;
  for (core::Receipt& start : own.find_starts(wish.receipt.script, wish.receipt.sha256)) {
    if (is_settled(start, wish)) continue;
    began.begun = true;
    began.earlier = std::move(start);
    return outdated;
  }
  // Here nothing comes in one commit, and the row that says so is about to be replaced.
  if (outdated) own.take_receipts_away(wish.receipt, {wish.disowned});
  own.leave_start(wish.receipt);
  return false;
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
      answer.proof = look_for_absence(open, wish, answer.error);
      return answer;
    }
    std::optional<core::Receipt> receipt = look_for_receipt(open, wish);
    answer.proof = receipt ? core::Proof::present : was_begun(open, wish) ? core::Proof::begun : core::Proof::absent;
    if (receipt) answer.receipt = std::move(*receipt);
    if (wish.needs_table && answer.proof == core::Proof::absent && !open.keeps_receipts()) {
      answer.proof = core::Proof::unreachable;
      answer.error = k_no_table;
    }
    if (!receipt && !wish.ledger.empty()) answer.paged = pages_of(open, wish);
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

#include "target/postgresql.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "target/postgresql_connection.hpp"
#include "target/postgresql_session.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Access;
using core::Cause;

constexpr std::chrono::seconds k_patience{60};      // for the lock of an attempt whose end is in doubt
constexpr std::chrono::milliseconds k_to_end{100};  // for what was fetched ahead and is not wanted any more

constexpr const char* k_lock_of_transaction = "SELECT pg_catalog.pg_try_advisory_xact_lock($1)";
constexpr const char* k_lock_of_session = "SELECT pg_catalog.pg_try_advisory_lock($1)";

bool says_yes(const PGresult* result) {
  return std::string_view(libpq().getvalue(result, 0, 0)) == "t";
}

// What a standby says to BEGIN READ WRITE; anything else is thrown on.
[[noreturn]] void explain_standby(const PgError& error) {
  if (error.state() == "0A000" || error.state() == "25006") throw SqlError(Cause::unreachable, standby_is_only_read());
  throw error;
}

}  // namespace

// --- the connection ------------------------------------------------------------------------------------------------

Postgresql::Postgresql(const std::string& url) : link_(url), cancel_(pq().getCancel(link_.handle())) {}

Postgresql::~Postgresql() {
  pq().freeCancel(cancel_);
}

Interruption Postgresql::interruption() {
  link_.stop_when({[this] { return should_stop(); }, [this] { interrupt(); }, wake()});
  const auto cancel = [this] {
    std::array<char, 256> said{};
    pq().cancel(cancel_, said.data(), static_cast<int>(said.size()));
  };
  return {cancel, -1};
}

void Postgresql::begin(const Beginning& how) {
  begin_as(how);
  if (how.restores && access_ == Access::write) silence_.begin();
}

void Postgresql::begin_as(const Beginning& how) {
  access_ = how.access;
  changed_ = 0;
  over_.clear();
  first_fault_.clear();
  link_.forget_fault();
  if (preview_.is_open() || (preview_.is_on() && access_ != Access::read)) return begin_previewed(how);
  if (access_ == Access::write) return begin_to_write(how);
  if (access_ != Access::read) return begin_with_lock_of_session(how);
  begun_ = true;
  send_beginning(link_, how);  // answered with the first statement
}

void Postgresql::begin_to_write(const Beginning& how) {
  try {
    if (!how.script.empty() && !has_receipts_) make_receipts(how.deadline);
    if (how.batches && !how.further && !pages_.look()) make_batches(how.deadline);
    kept_.prepare();
    begun_ = true;
    send_beginning(link_, how, &kept_);
    if (how.script.empty()) return try_to_write();
    const std::int64_t lock = pg_lock_of(how.script);
    kept_.send(k_lock_of_transaction, PgParameters({lock}));
    receipts_.send_state();
    receipts_.send_find(how.script, how.sha256);
    if (changes_.is_on()) changes_.send_beginning();
    const std::vector<PgResult> results = link_.collect();
    if (changes_.is_on()) changes_.take_beginning(results.back().get());
    receipts_.take_state(results.at(3).get());
    early_ = receipts_.take_found(results.at(4).get());
    if (says_yes(results.at(2).get())) return;
    take_lock(lock, how.deadline, k_lock_of_transaction);
    early_ = receipts_.find(how.script, how.sha256);  // who had the lock may have left it
    if (changes_.is_on()) changes_.begin_later();     // and may have changed rows
  } catch (const PgError& error) {
    // A pooler that gives itself out for the server: nothing was executed yet.
    if (error.state() == PgKept::k_no_such_statement) return begin_anew(how);
    explain_standby(error);
  }
}

// Nothing is kept for a script whose end cannot be undone when a name is gone.
void Postgresql::begin_with_lock_of_session(const Beginning& how) {
  kept_.give_up();
  piecemeal_.check();
  if (!has_receipts_) make_receipts(how.deadline);
  if (is_piecemeal() && !receipts_.look_for_begun())
    make_table(how.deadline, PgReceipts::definition_of_begun(), [&] { receipts_.make_begun(); });
  if (is_piecemeal()) changes_.begin_piecemeal();
  if (is_piecemeal() && !receipts_.look_for_begun()) throw SqlError(Cause::error, table_cannot_be_seen(k_begun));
  begun_ = true;
  send_settings(link_, how);
  link_.collect();
  take_lock(pg_lock_of(how.script), how.deadline, k_lock_of_session);
  early_ = receipts_.find(how.script, how.sha256);
  if (!is_piecemeal()) send_beginning(link_, how);
}

void Postgresql::begin_anew(const Beginning& how) {
  kept_.give_up();
  rollback();
  begin_to_write(how);
}

// For a doctor, who rolls everything back.
void Postgresql::try_to_write() {
  link_.collect();
  if (!receipts_.look()) receipts_.make();
  receipts_.forget();
}

void Postgresql::take_lock(std::int64_t lock, os::Deadline give_up, const char* how) {
  const auto taken = [&] {
    link_.send(how, PgParameters({lock}));
    return says_yes(link_.collect().back().get());
  };
  Connection::take_lock(give_up, taken, [&] { return holder_of(link_, lock); });
}

// Once for each connection.
void Postgresql::make_receipts(os::Deadline give_up) {
  if (!receipts_.look()) {
    make_table(give_up, PgReceipts::definition(), [&] { receipts_.make(); });
    if (!receipts_.look()) throw SqlError(Cause::error, table_cannot_be_seen(k_receipts));
  }
  has_receipts_ = true;
}

// Several nodes may come first at the same time.
void Postgresql::make_table(os::Deadline give_up, const char* definition, const std::function<void()>& make) {
  const Access wish = std::exchange(access_, Access::write);
  link_.send("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  link_.collect();
  begun_ = true;
  take_lock(k_pg_lock_of_table, give_up, k_lock_of_transaction);
  try {
    make();
  } catch (const PgError& error) {
    if (error.state() == "42501") throw SqlError(Cause::error, no_right_to_receipts(error.what(), definition));
    throw;
  }
  link_.send("COMMIT");
  link_.collect(PgLink::Patience::to_the_end);
  begun_ = false;
  access_ = wish;
}

void Postgresql::make_batches(os::Deadline give_up) {
  make_table(give_up, PgPages::definition(), [&] { pages_.make(); });
  pages_.look();
}

void Postgresql::rollback() {
  if (!begun_ && !paged_) return;
  paged_ = false;
  over_.clear();
  begun_ = false;
  try {
    link_.abandon_posted(k_to_end);
    if (preview_.is_open()) return preview_.take_back();
    if (has_lock_of_session()) return end_session();
    link_.send("ROLLBACK");
    link_.send(k_let_go);
    kept_.send_look();
    const auto answer = link_.post(PgLink::Patience::to_the_end);
    kept_.take_look(answer);
    if (link_.is_settled()) return;
    link_.hear(*answer);
    if (answer->fault) throw PgError(*answer->fault);
    link_.settle();
  } catch (const PgError&) {
    if (!link_.lost()) throw;  // otherwise the server does it
  }
}

void Postgresql::end_session() {
  if (link_.in_transaction()) link_.send("ROLLBACK");
  for (const char* sql : k_put_back) link_.send(sql);
  link_.collect(PgLink::Patience::to_the_end);
  link_.settle();
  link_.send(k_let_go);
  link_.collect(PgLink::Patience::to_the_end);
}

// --- what a script changed -----------------------------------------------------------------------------------------

core::Changes Postgresql::changes(const TellRow& tell) {
  if (!changes_.is_on() || only_reads(access_) || !in_transaction() || link_.failed()) return {};
  try {
    return changes_.tell(tell);
  } catch (const PgError& error) {
    explain(error);
  }
}

void Postgresql::prepare_restoring(const std::vector<core::TableChanges>& tables) {
  silence_.look_at(tables);
}

void Postgresql::check_restored() {
  try {
    silence_.check();
  } catch (const PgError& error) {
    explain(error);
  }
}

// --- previews ------------------------------------------------------------------------------------------------------

void Postgresql::preview() {
  kept_.give_up();
  preview_.turn_on();
}

void Postgresql::begin_previewed(const Beginning& how) {
  if (access_ == Access::receipt_only) piecemeal_.check();
  if (!preview_.is_open()) has_receipts_ = receipts_.look();
  begun_ = true;
  try {
    preview_.open();
  } catch (const PgError& error) {
    explain_standby(error);
  }
  preview_.send_beginning(how);
  if (access_ == Access::read) return;  // answered with the first statement
  link_.collect();
  take_lock(pg_lock_of(how.script), how.deadline, k_lock_of_transaction);
  if (changes_.is_on()) {
    changes_.send_beginning();
    changes_.take_beginning(link_.collect().back().get());
  }
  if (!has_receipts_) return;
  receipts_.send_state(PgReceipts::Leaves::nothing);
  receipts_.send_find(how.script, how.sha256);
  const std::vector<PgResult> results = link_.collect();
  receipts_.take_state(results.at(0).get());
  early_ = receipts_.take_found(results.at(1).get());
}

// What would be refused in a commit is refused here, in the same words.
void Postgresql::commit_previewed() {
  if (only_reads(access_)) return rollback();  // there is nothing to keep
  const std::size_t check = preview_.send_end();
  if (has_receipts_) receipts_.send_check();
  try {
    link_.collect(PgLink::Patience::to_the_end);
  } catch (const PgError& error) {
    if (error.statement() == check && error.state() == PgKept::k_division_by_zero)
      throw SqlError(Cause::error, no_touching_receipts());
    explain(error);
  }
  preview_.keep();
  begun_ = false;
}

// --- receipts ------------------------------------------------------------------------------------------------------

// Of the script that begin() was told.
std::optional<core::Receipt> Postgresql::find_receipt(const std::string& /*script*/, const std::string& /*sha256*/) {
  return std::exchange(early_, std::nullopt);
}

void Postgresql::settle_statements() {
  link_.hear_posted();
  if (!is_piecemeal() && link_.posted_fault() && first_fault_.empty()) explain(*link_.posted_fault());
  if (link_.failed()) throw SqlError(Cause::error, statement_failed_before(first_fault_));
}

void Postgresql::commit_page(std::size_t check) {
  check_ = check;
  commit();
  paged_ = true;
}

// What failed is undone, and with it the cursors that were opened since.
void Postgresql::forget_fault() {
  first_fault_.clear();
  over_.clear();
  link_.forget_fault();
  changes_.undone();
}

// Answered with the commit. What waits for the commit is done now, before the look at the receipts; then everything
// that would outlive the transaction is put back, for the next script and whoever else is behind a pooler.
void Postgresql::leave_receipt(const core::Receipt& receipt) {
  settle_statements();
  over_.clear();
  paged_ = false;
  if (preview_.is_on()) return;
  if (access_ != Access::write) {
    check_ = piecemeal_.leave_receipt(receipt, access_, pg_lock_of(receipt.script)) - 1;
    return;
  }
  for (const char* sql : k_put_back) link_.send(sql);
  link_.send(k_let_go);
  link_.send(k_wait_for_disk);
  check_ = k_put_back.size() + 1 + receipts_.send(receipt);
}

void Postgresql::commit() {
  if (preview_.is_on()) return commit_previewed();
  link_.send("COMMIT");
  try {
    const std::vector<PgResult> results = link_.collect(PgLink::Patience::to_the_end);
    const std::string_view tag = pq().cmdStatus(results.back().get());
    if (tag != "COMMIT")
      throw SqlError(Cause::error, commit_was_refused(fmt::format("it answered {}", base::escape(tag))));
  } catch (const PgError& error) {
    if (error.statement() == check_ && error.state() == PgKept::k_division_by_zero)
      throw SqlError(Cause::error, no_touching_receipts());
    if (error.statement() > check_ && error.state() == PgKept::k_division_by_zero)
      throw SqlError(Cause::error, receipt_is_gone());
    if (!link_.lost() && PgKept::was_touched(error, check_)) throw SqlError(Cause::error, PgKept::no_touching());
    if (error.cause() == Cause::unreachable || error.statement() <= check_) throw;
    throw SqlError(Cause::error, commit_was_refused(error.what()));
  }
  begun_ = false;
  if (access_ == Access::write) return;
  link_.send(k_let_go);
  link_.post(PgLink::Patience::to_the_end);
}

// Whoever is still at it holds the lock of its script: its end is waited for, so that no says no.
std::optional<core::Receipt> Postgresql::proof_of(const core::Inquire& attempt) {
  if (!receipts_.look()) return std::nullopt;
  if (!preview_.is_open()) link_.send("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
  begun_ = true;
  try {
    if (is_standby(link_)) throw SqlError(Cause::unreachable, standby_is_only_read());
    take_lock(pg_lock_of(attempt.script), os::in(k_patience), k_lock_of_transaction);
    auto receipt = receipts_.find(attempt);
    rollback();
    return receipt;
  } catch (const SqlError&) {
    if (!link_.lost()) rollback();
    throw;
  }
}

std::unique_ptr<Connection> open_postgresql(std::string_view address, const Surroundings& /*surroundings*/) {
  return std::make_unique<Postgresql>(fmt::format("postgresql:{}", address));
}

}  // namespace target

#include "target/postgresql.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "target/postgresql_catalogue.hpp"
#include "target/postgresql_cursor.hpp"
#include "target/postgresql_facts.hpp"
#include "target/postgresql_guard.hpp"
#include "target/postgresql_kept.hpp"
#include "target/postgresql_link.hpp"
#include "target/postgresql_piecemeal.hpp"
#include "target/postgresql_receipts.hpp"
#include "target/postgresql_session.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Access;
using core::Cause;

constexpr std::size_t k_ahead = 1000;               // rows of executemany sent before their answers are heard
constexpr std::chrono::seconds k_patience{60};      // for the lock of an attempt whose end is in doubt
constexpr std::chrono::milliseconds k_to_end{100};  // for what was fetched ahead and is not wanted any more

constexpr const char* k_lock_of_transaction = "SELECT pg_catalog.pg_try_advisory_xact_lock($1)";
constexpr const char* k_lock_of_session = "SELECT pg_catalog.pg_try_advisory_lock($1)";

class Postgresql final : public Connection, public PgReader {
 public:
  explicit Postgresql(const std::string& url);
  ~Postgresql() override;

  std::string_view engine() const override { return "postgresql"; }
  Interruption interruption() override;
  bool lost() const override { return link_.lost(); }
  void begin(const Beginning& how) override;
  void commit() override;
  void rollback() override;
  bool in_transaction() const override { return begun_ && (has_lock_of_session() || link_.in_transaction()); }
  std::int64_t execute(std::string_view sql, const core::Values& parameters) override;
  std::int64_t execute_many(std::string_view sql, core::PackedRows rows) override;
  std::unique_ptr<Cursor> query(std::string_view sql, const core::Values& parameters) override;
  std::vector<core::Row> describe(core::Describe::What what, const std::string& table,
                                  const std::string& name) override;
  std::optional<core::Receipt> find_receipt(const std::string& script, const std::string& sha256) override;
  void leave_receipt(const core::Receipt& receipt) override;
  bool has_receipt(const core::Receipt& of) override { return receipts_.has(of); }
  void take_receipts_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts) override {
    for (const std::int64_t attempt : attempts) receipts_.send_removal(version, attempt);
  }
  std::vector<std::string> seen_scripts(const std::string& part) override {
    return keeps_receipts() ? receipts_.scripts_with(part) : std::vector<std::string>();
  }
  bool keeps_receipts() override { return has_receipts_ || receipts_.look(); }
  std::vector<core::Receipt> find_starts(const std::string& script, const std::string& sha256) override {
    return receipts_.find_starts(script, sha256);
  }
  void leave_start(const core::Receipt& receipt) override { receipts_.leave_start(receipt); }
  void take_start_away(const core::Receipt& receipt) override { receipts_.take_start_away(receipt); }
  std::optional<core::Receipt> proof_of(const core::Inquire& attempt) override;
  std::optional<core::Receipt> seen_receipt(const std::string& script, const std::string& sha256) override {
    return keeps_receipts() ? receipts_.find(script, sha256) : std::nullopt;
  }
  core::Fleet muster(const core::Muster& wish) override { return receipts_.muster(wish); }
  std::vector<core::Fact> facts() override { return facts_of(link_); }
  std::uint64_t rows_changed() const override { return changed_; }

 private:
  std::shared_ptr<PgAnswer> fetch(const std::string& cursor, int rows) override;
  PgResult hear(const std::shared_ptr<PgAnswer>& fetched) override;
  void forget(std::string cursor) override { over_.push_back(std::move(cursor)); }

  const Libpq& pq() const noexcept { return link_.pq(); }
  bool is_piecemeal() const noexcept { return access_ == Access::piecemeal; }
  bool has_lock_of_session() const noexcept { return is_piecemeal() || access_ == Access::receipt_only; }
  void begin_with_lock_of_session(const Beginning& how);
  void end_session();
  void begin_to_write(const Beginning& how);
  void begin_anew(const Beginning& how);
  void try_to_write();
  void take_lock(std::int64_t lock, os::Deadline give_up, const char* how = k_lock_of_transaction);
  void make_receipts(os::Deadline give_up);
  void make_table(os::Deadline give_up, const char* definition, const std::function<void()>& make);
  void prepare(const PgStatement& statement, std::size_t parameters);
  std::vector<PgResult> collect();
  std::int64_t affected(const PGresult* result);
  [[noreturn]] void explain(PgError error);

  PgLink link_;
  PgKept kept_{link_};
  PgReceipts receipts_{link_, kept_};
  PgPiecemeal piecemeal_{link_, receipts_};
  PGcancel* cancel_;
  Access access_ = Access::read;
  bool begun_ = false;
  bool has_receipts_ = false;
  std::uint64_t changed_ = 0;
  std::uint64_t cursors_ = 0;
  std::size_t check_ = 0;               // which of the statements that are sent with COMMIT looks at the receipts
  std::vector<std::string> over_;       // cursors that nobody reads any more
  std::optional<core::Receipt> early_;  // found when the transaction began
  std::string first_fault_;             // after which the server executes nothing more in this transaction
};

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

bool says_yes(const PGresult* result) {
  return std::string_view(libpq().getvalue(result, 0, 0)) == "t";
}

void Postgresql::begin(const Beginning& how) {
  access_ = how.access;
  changed_ = 0;
  over_.clear();
  first_fault_.clear();
  link_.forget_fault();
  if (access_ == Access::write) return begin_to_write(how);
  if (access_ != Access::read) return begin_with_lock_of_session(how);
  begun_ = true;
  send_beginning(link_, how);  // answered with the first statement
}

void Postgresql::begin_to_write(const Beginning& how) {
  try {
    if (!how.script.empty() && !has_receipts_) make_receipts(how.deadline);
    kept_.prepare();
    begun_ = true;
    send_beginning(link_, how, &kept_);
    if (how.script.empty()) return try_to_write();
    const std::int64_t lock = pg_lock_of(how.script);
    kept_.send(k_lock_of_transaction, PgParameters({lock}));
    receipts_.send_state();
    receipts_.send_find(how.script, how.sha256);
    const std::vector<PgResult> results = link_.collect();
    receipts_.take_state(results.at(3).get());
    early_ = receipts_.take_found(results.at(4).get());
    if (says_yes(results.at(2).get())) return;
    take_lock(lock, how.deadline);
    early_ = receipts_.find(how.script, how.sha256);  // who had the lock may have left it
  } catch (const PgError& error) {
    // A pooler that gives itself out for the server: nothing was executed yet.
    if (error.state() == PgKept::k_no_such_statement) return begin_anew(how);
    // What a standby says to BEGIN READ WRITE.
    if (error.state() == "0A000" || error.state() == "25006")
      throw SqlError(Cause::unreachable, standby_is_only_read());
    throw;
  }
}

// Nothing is kept for a script whose end cannot be undone when a name is gone.
void Postgresql::begin_with_lock_of_session(const Beginning& how) {
  kept_.give_up();
  piecemeal_.check();
  if (!has_receipts_) make_receipts(how.deadline);
  if (is_piecemeal() && !receipts_.look_for_begun())
    make_table(how.deadline, PgReceipts::definition_of_begun(), [&] { receipts_.make_begun(); });
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
  take_lock(k_pg_lock_of_table, give_up);
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

void Postgresql::rollback() {
  if (!begun_) return;
  over_.clear();
  begun_ = false;
  try {
    link_.abandon_posted(k_to_end);
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

// --- statements ----------------------------------------------------------------------------------------------------

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

// --- receipts ------------------------------------------------------------------------------------------------------

// Of the script that begin() was told.
std::optional<core::Receipt> Postgresql::find_receipt(const std::string& /*script*/, const std::string& /*sha256*/) {
  return std::exchange(early_, std::nullopt);
}

// Answered with the commit. What waits for the commit is done now, before the look at the receipts; then everything
// that would outlive the transaction is put back, for the next script and whoever else is behind a pooler.
void Postgresql::leave_receipt(const core::Receipt& receipt) {
  link_.hear_posted();
  if (!is_piecemeal() && link_.posted_fault() && first_fault_.empty()) explain(*link_.posted_fault());
  if (link_.failed()) throw SqlError(Cause::error, statement_failed_before(first_fault_));
  over_.clear();
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
  link_.send("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
  begun_ = true;
  try {
    if (is_standby(link_)) throw SqlError(Cause::unreachable, standby_is_only_read());
    take_lock(pg_lock_of(attempt.script), os::in(k_patience));
    auto receipt = receipts_.find(attempt);
    rollback();
    return receipt;
  } catch (const SqlError&) {
    if (!link_.lost()) rollback();
    throw;
  }
}

}  // namespace

std::unique_ptr<Connection> open_postgresql(std::string_view address, const Surroundings& /*surroundings*/) {
  return std::make_unique<Postgresql>(fmt::format("postgresql:{}", address));
}

}  // namespace target

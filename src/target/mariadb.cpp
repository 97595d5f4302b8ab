#include "target/mariadb.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "target/mariadb_address.hpp"
#include "target/mariadb_facts.hpp"
#include "target/mariadb_guard.hpp"
#include "target/mariadb_killer.hpp"
#include "target/mariadb_link.hpp"
#include "target/mariadb_piecemeal.hpp"
#include "target/mariadb_receipts.hpp"
#include "target/mariadb_schema.hpp"
#include "target/mariadb_session.hpp"
#include "target/mariadb_statements.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Access;
using core::Cause;
using Patience = MariaLink::Patience;
using Reading = MariaStatement::Reading;

constexpr std::chrono::seconds k_patience{60};  // for the lock of an attempt whose end is in doubt
constexpr std::size_t k_bulk_rows = 1000, k_bulk_bytes = std::size_t{1} << 20U;  // of executemany, sent together
constexpr unsigned k_read_only_transaction = 1792, k_no_such_savepoint = 1305;

class Mariadb;

// Rows that are fetched by and by, or those of a procedure, which are there already.
class MariaCursor final : public Cursor {
 public:
  MariaCursor(Mariadb& connection, std::unique_ptr<MariaStatement> statement);
  ~MariaCursor() override;
  const std::vector<std::string>& columns() const override { return columns_; }
  bool next(core::Writer& row) override;
  void read_all();

 private:
  Mariadb& connection_;
  std::unique_ptr<MariaStatement> statement_;
  std::vector<std::string> columns_;
  std::optional<std::vector<std::string>> rows_;
  std::size_t at_ = 0;
};

class Mariadb final : public Connection {
 public:
  explicit Mariadb(const MariaAddress& address);

  std::string_view engine() const override { return "mariadb"; }
  Interruption interruption() override;
  bool lost() const override { return link_.lost(); }
  void begin(const Beginning& how) override;
  void commit() override;
  void rollback() override;
  bool in_transaction() const override { return begun_ && (is_piecemeal() || link_.in_transaction()); }
  std::int64_t execute(std::string_view sql, const core::Values& parameters) override;
  std::int64_t execute_many(std::string_view sql, core::PackedRows rows) override;
  std::unique_ptr<Cursor> query(std::string_view sql, const core::Values& parameters) override;
  std::vector<core::Row> describe(core::Describe::What what, const std::string& table,
                                  const std::string& name) override;
  // Of the script that begin() was told.
  std::optional<core::Receipt> find_receipt(const std::string& /*script*/, const std::string& /*sha256*/) override {
    return std::exchange(early_, std::nullopt);
  }
  void leave_receipt(const core::Receipt& receipt) override;
  bool has_receipt(const core::Receipt& of) override { return receipts_.has(of); }
  void take_receipts_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts) override {
    guard([&] { receipts_.take_away(version, attempts); });
  }
  std::vector<std::string> seen_scripts(const std::string& part) override {
    return keeps_receipts() ? receipts_.scripts_with(part) : std::vector<std::string>();
  }
  bool keeps_receipts() override {
    prepare_session(Access::read, os::Deadline::max());
    return has_receipts_ || receipts_.look();
  }
  std::vector<core::Receipt> find_starts(const std::string& script, const std::string& sha256) override {
    return receipts_.find_starts(script, sha256);
  }
  void leave_start(const core::Receipt& receipt) override { receipts_.leave_start(receipt); }
  void take_start_away(const core::Receipt& receipt) override { receipts_.take_start_away(receipt); }
  std::optional<core::Receipt> proof_of(const core::Inquire& attempt) override;
  std::optional<core::Receipt> seen_receipt(const std::string& script, const std::string& sha256) override {
    return keeps_receipts() ? receipts_.find(script, sha256) : std::nullopt;
  }
  core::Fleet muster(const core::Muster& wish) override { return receipts_.muster(wish, session_.database()); }
  std::vector<core::Fact> facts() override { return facts_of(link_, address_); }
  std::uint64_t rows_changed() const override { return changed_; }

  bool fetch(MariaStatement& statement, core::Writer& row);
  void keep(std::unique_ptr<MariaStatement> statement) { statements_.keep(std::move(statement)); }

 private:
  bool is_piecemeal() const noexcept { return access_ == Access::piecemeal; }
  void prepare_session(Access access, os::Deadline deadline);
  void begin_writing(const Beginning& how);
  bool try_lock(const std::string& lock);
  void take_lock(const std::string& lock, os::Deadline give_up);
  void make_receipts(os::Deadline give_up);
  void renew();
  std::unique_ptr<MariaStatement> start(const MariaText& text, const core::Values& parameters, Reading reading);
  void check_transaction();
  void check_call();
  void execute_all(const MariaText& text, core::PackedRows rows);
  void send(const MariaText& text, MariaBulk& bulk);
  void execute_one(const MariaText& text, const core::Values& row);
  template <class Action>
  void guard(const Action& action);
  [[noreturn]] void explain(const MariaError& error);

  MariaAddress address_;
  MariaLink link_;
  MariaKiller killer_;
  MariaSession session_{link_, address_.lock_timeout};
  MariaReceipts receipts_{link_};
  MariaPiecemeal piecemeal_{link_, receipts_};
  MariaStatements statements_{link_};
  std::string lock_, node_lock_ = "fettle_node";  // the second only tells others who has the first
  Access access_ = Access::read;
  bool begun_ = false;
  bool calling_ = false;  // a procedure, behind a savepoint
  bool used_ = true;      // something may outlive the transaction
  bool has_receipts_ = false;
  std::uint64_t changed_ = 0;
  std::optional<core::Receipt> early_;  // found when the transaction began
};

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

// --- the connection ------------------------------------------------------------------------------------------------

Mariadb::Mariadb(const MariaAddress& address) : address_(address), link_(address), killer_(address, link_) {}

Interruption Mariadb::interruption() {
  link_.stop_when({[this] { return should_stop(); }, [this] { interrupt(); }, wake()});
  return killer_.interruption();
}

void Mariadb::prepare_session(Access access, os::Deadline deadline) {
  if (used_) renew();
  used_ = true;
  session_.prepare(access, deadline);
}

void Mariadb::renew() {
  statements_.forget_all();
  link_.reset();
  used_ = false;
}

void Mariadb::begin(const Beginning& how) {
  access_ = how.access;
  changed_ = 0;
  begun_ = false;
  try {
    prepare_session(how.access, how.deadline);
    if (how.access != Access::read) begin_writing(how);
    if (how.access == Access::read) link_.run("START TRANSACTION READ ONLY");
    begun_ = true;
  } catch (const SqlError&) {
    if (!link_.lost()) renew();  // also lets the lock go
    throw;
  }
}

void Mariadb::begin_writing(const Beginning& how) {
  check_writable(link_);
  if (how.script.empty()) return static_cast<void>(link_.run("START TRANSACTION READ WRITE"));  // a doctor
  if (!has_receipts_) make_receipts(how.deadline);
  lock_ = maria_lock_of(session_.database(), how.script);
  node_lock_ = maria_lock_of_node(session_.database(), how.node);
  take_lock(lock_, how.deadline);
  if (!is_piecemeal()) link_.run(only_reads(access_) ? "START TRANSACTION READ ONLY" : "START TRANSACTION READ WRITE");
  early_ = receipts_.find(how.script, how.sha256);
}

bool Mariadb::try_lock(const std::string& lock) {
  return link_.ask(fmt::format("SELECT GET_LOCK('{}', 0), GET_LOCK('{}', 0)", lock, node_lock_)).at(0).at(0) == "1";
}

void Mariadb::take_lock(const std::string& lock, os::Deadline give_up) {
  Connection::take_lock(
      give_up, [&] { return try_lock(lock); }, [&] { return holder_of(link_, lock); });
}

// Once for each connection. Several nodes may come first at the same time.
void Mariadb::make_receipts(os::Deadline give_up) {
  if (!receipts_.look()) {
    const std::string lock = maria_lock_of(session_.database(), "");
    take_lock(lock, give_up);
    receipts_.make();
    link_.run(fmt::format("DO RELEASE_LOCK('{}')", lock));
    if (!receipts_.look()) throw SqlError(Cause::error, table_cannot_be_seen(k_receipts));
  }
  has_receipts_ = true;
}

void Mariadb::rollback() {
  if (!begun_) return;
  begun_ = false;
  try {
    renew();  // rolls back
  } catch (const MariaError&) {
    if (!link_.lost()) throw;  // otherwise the server does it
  }
}

// --- statements ----------------------------------------------------------------------------------------------------

template <class Action>
void Mariadb::guard(const Action& action) {
  try {
    action();
  } catch (const MariaError& error) {
    explain(error);
  }
}

// Some errors end the transaction, and what came next would last at once; only the server knows which.
void Mariadb::explain(const MariaError& error) {
  if (link_.lost()) throw error;
  link_.look();
  if (begun_ && !in_transaction()) {
    begun_ = false;
    renew();
  }
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

std::unique_ptr<MariaStatement> Mariadb::start(const MariaText& text, const core::Values& parameters, Reading reading) {
  if (text.placeholders != parameters.size())
    throw SqlError(Cause::error, wrong_number_of_parameters(text.placeholders, parameters.size()));
  session_.check_size(text.sql, parameters);
  std::unique_ptr<MariaStatement> statement;
  guard([&] {
    calling_ = text.calls && !is_piecemeal();
    if (calling_) link_.run("SAVEPOINT fettle_call");
    statement = statements_.take(text.sql);
    const std::uint64_t rows = statement->execute(parameters, reading);
    const bool counts = text.changes_rows && rows != std::numeric_limits<std::uint64_t>::max();
    if (counts) changed_ += rows;
  });
  return statement;
}

std::int64_t Mariadb::execute(std::string_view sql, const core::Values& parameters) {
  const MariaText text = read_mariadb(sql, session_.dialect(), access_);
  const std::uint64_t before = changed_;
  if (text.calls || text.can_be_read_on)
    query(sql, parameters);
  else
    execute_one(text, parameters);
  return static_cast<std::int64_t>(changed_ - before);
}

std::int64_t Mariadb::execute_many(std::string_view sql, core::PackedRows rows) {
  const MariaText text = read_mariadb(sql, session_.dialect(), access_);
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
    changed_ += statement->execute(bulk);
    statements_.keep(std::move(statement));
  });
  check_transaction();
  bulk.clear();
}

void Mariadb::execute_one(const MariaText& text, const core::Values& row) {
  std::unique_ptr<MariaStatement> statement = start(text, row, Reading::stored);
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
  const MariaText text = read_mariadb(sql, session_.dialect(), access_);
  const Reading reading = text.can_be_read_on ? Reading::on : Reading::stored;
  if (!text.calls) {
    auto cursor = std::make_unique<MariaCursor>(*this, start(text, parameters, reading));
    check_transaction();
    return cursor;
  }
  try {
    auto cursor = std::make_unique<MariaCursor>(*this, start(text, parameters, reading));
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

// --- receipts ------------------------------------------------------------------------------------------------------

void Mariadb::leave_receipt(const core::Receipt& receipt) {
  bool left = false;
  if (access_ != Access::write) {
    piecemeal_.open_last_transaction(receipt, access_);
    access_ = Access::write;
  }
  guard([&] { left = receipts_.leave(receipt, lock_); });
  check_transaction();
  if (!left) throw SqlError(Cause::error, lock_was_let_go());
}

// It takes as long as it takes: stopped in the middle, nobody could say what became of it.
void Mariadb::commit() {
  try {
    link_.run(session_.is_mariadb() ? "SET STATEMENT max_statement_time = 0 FOR COMMIT AND NO CHAIN NO RELEASE"
                                    : "COMMIT AND NO CHAIN NO RELEASE",
              Patience::to_the_end);
  } catch (const MariaError& error) {
    if (link_.lost()) throw;
    link_.look();
    if (!link_.in_transaction() && error.cause() != Cause::locked)
      throw SqlError(Cause::unreachable, fmt::format("nobody can say whether it committed: {}", error.what()));
    throw SqlError(Cause::error, commit_was_refused(error.what()));
  }
  if (link_.in_transaction()) throw SqlError(Cause::error, commit_was_refused("the transaction is still there"));
  begun_ = false;
  try {
    renew();
  } catch (const MariaError&) {
    // It is committed; the next one begins with that.
  }
}

// Whoever is still at it has the lock of its script: its end is waited for, so that no says no.
std::optional<core::Receipt> Mariadb::proof_of(const core::Inquire& attempt) {
  if (!receipts_.look()) return std::nullopt;
  try {
    prepare_session(Access::read, os::Deadline::max());
    check_writable(link_);
    take_lock(maria_lock_of(session_.database(), attempt.script), os::in(k_patience));
    auto receipt = receipts_.find(attempt);
    renew();
    return receipt;
  } catch (const SqlError&) {
    if (!link_.lost()) renew();
    throw;
  }
}

}  // namespace

std::unique_ptr<Connection> open_mariadb(std::string_view address, const Surroundings& /*surroundings*/) {
  return std::make_unique<Mariadb>(read_mariadb_address(address));
}

}  // namespace target

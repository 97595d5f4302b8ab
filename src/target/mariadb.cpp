#include "target/mariadb.hpp"

#include <fmt/format.h>
#include <string>
#include <utility>

#include "target/mariadb_connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Access;
using core::Cause;
using Patience = MariaLink::Patience;

constexpr std::chrono::seconds k_patience{60};  // for the lock of an attempt whose end is in doubt

}  // namespace

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
  changes_.begin(session_.database(), session_.dialect());
  if (preview_.is_open() || (preview_.is_on() && how.access != Access::read)) return begin_previewed(how);
  if (how.further) used_ = false;
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
  if (how.batches && !how.further && !pages_.look()) pages_.make();
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
  if (!begun_ && !paged_) return;
  begun_ = paged_ = false;
  try {
    if (preview_.is_open()) return end_previewed();
    renew();  // rolls back
  } catch (const MariaError&) {
    if (!link_.lost()) throw;  // otherwise the server does it
  }
}

core::Changes Mariadb::changes(const TellRow& tell) {
  core::Changes changes;
  if (!only_reads(access_)) guard([&] { changes = changes_.tell(tell); });
  return changes;
}

// No trigger and no foreign key can be silenced there. A number that is 0 is to stay it.
void Mariadb::prepare_restoring(const std::vector<core::TableChanges>& tables) {
  guard([&] { link_.run("SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')"); });
  for (const core::TableChanges& table : tables) {
    const std::size_t dot = table.table.find('.');
    const std::string schema = dot == std::string::npos ? session_.database() : table.table.substr(0, dot);
    const std::string name = dot == std::string::npos ? table.table : table.table.substr(dot + 1);
    std::vector<MariaLink::Texts> acting;
    guard([&] {
      acting = link_.ask(fmt::format(
          "SELECT CONCAT('trigger ', TRIGGER_NAME) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = {0} "
          "AND "
          "EVENT_OBJECT_TABLE = {1} UNION ALL SELECT CONCAT('foreign key ', CONSTRAINT_NAME, ' of ', TABLE_NAME) FROM "
          "information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = {0} AND REFERENCED_TABLE_NAME = "
          "{1} AND (UPDATE_RULE IN ('CASCADE', 'SET NULL') OR DELETE_RULE IN ('CASCADE', 'SET NULL'))",
          maria_literal(schema), maria_literal(name)));
    });
    if (!acting.empty())
      throw SqlError(Cause::error, fmt::format("the {} would change further rows, and MariaDB cannot silence it",
                                               acting[0].at(0).value_or("")));
  }
}

// --- previews ------------------------------------------------------------------------------------------------------

void Mariadb::begin_previewed(const Beginning& how) {
  preview_.check();
  if (!preview_.is_open()) {
    prepare_session(Access::write, how.deadline);
    check_writable(link_);
    has_receipts_ = receipts_.look();
    preview_.open();
  }
  begun_ = true;
  session_.limit(how.deadline);
  if (access_ == Access::read) return;
  lock_ = maria_lock_of(session_.database(), how.script);
  node_lock_ = maria_lock_of_node(session_.database(), how.node);
  take_lock(lock_, how.deadline);
  if (has_receipts_) early_ = receipts_.find(how.script, how.sha256);
}

// Whoever else is at work on a script that was kept would meet rows that are locked, so its lock stays.
void Mariadb::commit_previewed() {
  if (only_reads(access_)) return rollback();  // there is nothing to keep
  check_transaction();
  const auto has_lock = link_.ask(fmt::format("SELECT IS_USED_LOCK('{}') = CONNECTION_ID()", lock_));
  if (has_lock.at(0).at(0) != "1") throw SqlError(Cause::error, lock_was_let_go());
  preview_.keep(session_.is_mariadb());
  session_.limit(os::Deadline::max());
  begun_ = false;
}

void Mariadb::end_previewed() {
  preview_.take_back(session_.is_mariadb());
  if (preview_.is_over()) return;
  session_.limit(os::Deadline::max());
  if (access_ != Access::read) link_.run(fmt::format("DO RELEASE_LOCK('{}'), RELEASE_LOCK('{}')", lock_, node_lock_));
}

// --- receipts ------------------------------------------------------------------------------------------------------

void Mariadb::leave_receipt(const core::Receipt& receipt) {
  bool left = false;
  if (preview_.is_on()) return;
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
  if (preview_.is_on()) return commit_previewed();
  commit_here();
  paged_ = false;
  try {
    renew();
  } catch (const MariaError&) {
    // It is committed; the next one begins with that.
  }
}

void Mariadb::commit_here() {
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
}

// Whoever is still at it has the lock of its script: its end is waited for, so that no says no.
std::optional<core::Receipt> Mariadb::proof_of(const core::Inquire& attempt) {
  if (!receipts_.look()) return std::nullopt;
  try {
    if (preview_.is_on()) return receipts_.find(attempt);
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

std::unique_ptr<Connection> open_mariadb(std::string_view address, const Surroundings& /*surroundings*/) {
  return std::make_unique<Mariadb>(read_mariadb_address(address));
}

}  // namespace target

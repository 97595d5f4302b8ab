// One database that scripts fix, as the broker holds it. Every engine is one implementation of this interface and one
// row of drivers.hpp. Lives in the broker process only; one thread.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "core/outcome.hpp"
#include "core/value.hpp"
#include "core/wire.hpp"
#include "os/clock.hpp"
#include "os/lockdown.hpp"
#include "target/interrupter.hpp"
#include "target/pages.hpp"

namespace target {

// What a database refused, or what it cannot do for scripts. Becomes a message at the broker's boundary.
class SqlError : public std::exception {
 public:
  SqlError(core::Cause cause, std::string message) : cause_(cause), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  core::Cause cause() const noexcept { return cause_; }  // error, locked, unreachable, timeout or memory

 private:
  core::Cause cause_;
  std::string message_;
};

// Another node works on the same script, and did not come to an end in the time that there was.
class BusyElsewhere : public SqlError {
 public:
  explicit BusyElsewhere(std::string message) : SqlError(core::Cause::locked, std::move(message)) {}
};

// Rows of a query, read one by one. Ends with its connection's transaction at the latest.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual const std::vector<std::string>& columns() const = 0;
  // Appends the next row as it travels in core::Rows; false: there is none. What was appended before it threw is junk.
  virtual bool next(core::Writer& row) = 0;
};

// How a transaction begins.
struct Beginning {
  Beginning(core::Access wish, os::Deadline end = os::Deadline::max(), std::string name = {}, std::string version = {},
            std::string who = {})
      : access(wish), deadline(end), script(std::move(name)), sha256(std::move(version)), node(std::move(who)) {}

  // read: nothing can be written, enforced by the database. write: whoever else writes under the same script is shut
  // out until this transaction ends (SQLite: whoever else writes at all). piecemeal: whoever else writes under the same
  // script is shut out until commit() or rollback() (SQLite: until leave_start()); no transaction is open.
  // receipt_only: likewise shut out (SQLite: not), and a transaction is open that can only read.
  core::Access access;
  os::Deadline deadline;  // of the attempt: a server that does not hear of us any more ends the work by itself then
  std::string script, sha256;  // not for reading: the one that find_receipt() will be asked about
  std::string node;            // who is at work, for others to see where the database can show it
  bool batches = false;        // write: it may work in pages, whose table is to be there (Connection::pages)
  bool further = false;        // write: the next page of what is at work; what is the session's stays
  bool restores = false;       // write: rows are put back; triggers and foreign keys do nothing, where that can be had
};

// A changed row (core::RowChange), each side packed as core::Writer puts a core::Row; empty: there was none, there is
// none.
struct PackedChange {
  core::RowChange::Kind kind = core::RowChange::Kind::updated;
  std::uint32_t table = 0;
  std::string_view before, after;
};

class Connection {
 public:
  virtual ~Connection() = default;

  virtual std::string_view engine() const = 0;

  // Before the process is locked down: writes all that is committed now into a new file, and ends early once wake
  // becomes readable. Throws SqlError.
  virtual void copy_to(const std::string& file, int wake);

  // What the process must still be able to reach on disk once it is locked down.
  virtual std::vector<os::FileRule> files() const { return {}; }
  // A file whose rollback journal comes and goes beside it (journal_keeper.hpp); empty: there is none.
  virtual std::string journalled_file() const { return {}; }

  // Asked often while a statement runs; true ends it with an error. wake: a descriptor that becomes readable when it
  // may be true.
  void stop_when(std::function<bool()> stop, int wake = -1) {
    stop_ = std::move(stop);
    wake_ = wake;
  }
  // For a server: what stops the statement that it works at, from a process of its own. The broker says how to have
  // that done.
  virtual Interruption interruption() { return {}; }
  void interrupt_through(std::function<void()> interrupt) { interrupt_ = std::move(interrupt); }

  // Throws SqlError: `unreachable` (nothing has begun), `locked`, `timeout`.
  virtual void begin(const Beginning& how) = 0;
  // Returns only when the changes are durable. Throws SqlError: `unreachable` when nobody can say whether it committed;
  // for any other cause nothing was committed and rollback() ends the transaction.
  virtual void commit() = 0;
  // Without a transaction nothing is undone.
  virtual void rollback() = 0;
  // From begin() on, until its end; false also when the database ended it. Without a transaction: what is begun so.
  virtual bool in_transaction() const = 0;
  // Nothing can be done with it any more; a new one must be opened. What was not committed is rolled back.
  virtual bool lost() const { return false; }

  // One statement of a script, parameters bound for `?`. Refuses transaction control and whatever would leave the
  // transaction.
  virtual std::int64_t execute(std::string_view sql, const core::Values& parameters) = 0;  // rows affected
  virtual std::int64_t execute_many(std::string_view sql, core::PackedRows rows) = 0;
  virtual std::unique_ptr<Cursor> query(std::string_view sql, const core::Values& parameters) = 0;

  // tables: one row for each name. has_…: one row with one boolean.
  virtual std::vector<core::Row> describe(core::Describe::What what, const std::string& table,
                                          const std::string& name) = 0;

  // Receipts, in a table of this database that scripts can neither write nor hide. find_receipt: the newest of this
  // version that proves it applied. leave_receipt: the last statement before commit(), inside the write transaction; it
  // is read back. proof_of: outside a transaction; when it says no, no transaction is left that could still commit one.
  virtual std::optional<core::Receipt> find_receipt(const std::string& script, const std::string& sha256) = 0;
  virtual void leave_receipt(const core::Receipt& receipt) = 0;
  // Where begin() has opened something for this script: whether the receipt of one attempt is there.
  virtual bool has_receipt(const core::Receipt& of) = 0;
  // Behind leave_receipt(): the receipts of these attempts at the same version, of the same ledger, go, and every one
  // of them must have been there; else commit() fails.
  virtual void take_receipts_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts) = 0;
  // Scripts without a transaction, in a table beside it: a row for each attempt that has begun, until one of its script
  // has succeeded. find_starts: those of this version, newest first. leave_start: this one, in the place of earlier
  // ones of its ledger, after begin() and before the first statement; durable when it returns. take_start_away: it did
  // nothing.
  virtual std::vector<core::Receipt> find_starts(const std::string& script, const std::string& sha256) = 0;
  virtual void leave_start(const core::Receipt& receipt) = 0;
  virtual void take_start_away(const core::Receipt& receipt) = 0;
  virtual std::optional<core::Receipt> proof_of(const core::Inquire& attempt) = 0;
  // Outside a transaction: the newest receipt of this version that is committed now, whoever may be at work on it; the
  // scripts that have any, with this text in their names; whether there is a table of receipts.
  virtual std::optional<core::Receipt> seen_receipt(const std::string& script, const std::string& sha256) = 0;
  virtual std::vector<std::string> seen_scripts(const std::string& part) = 0;
  virtual bool keeps_receipts() = 0;

  // What batches are made of. Valid as long as the connection.
  virtual Pages& pages() = 0;

  // Outside a transaction: who works here, and what they did.
  virtual core::Fleet muster(const core::Muster& wish) = 0;

  // Keeps account of what scripts change, from the next begin() on. images: as in core::BrokerSettings.
  virtual void watch_changes(std::uint64_t images);
  // What it was since begin(): behind the last statement of a transaction that may write, before leave_receipt(). Each
  // row goes to `tell`, which gives false for one that is too large to be told. Throws SqlError.
  using TellRow = std::function<bool(const PackedChange&)>;
  virtual core::Changes changes(const TellRow& tell);

  // Rows of these tables are to be put back, in a transaction that was begun so. Throws SqlError when something would
  // act on them that cannot be silenced.
  virtual void prepare_restoring(const std::vector<core::TableChanges>& /*tables*/) {}
  // Behind the last row that was put back: whether it all fits together. Throws SqlError.
  virtual void check_restored() {}

  // From now on everything happens in one transaction that is never committed: the first begin() for writing opens it,
  // commit() only keeps what was done since begin() in it, so that a later script sees that, and rollback() takes that
  // back. It ends with the connection. No receipt is left, and no table for them made. Throws SqlError where the engine
  // cannot.
  virtual void preview();

  // What a person who looks after this database may want to know: version, journal, durability, receipts …
  virtual std::vector<core::Fact> facts() = 0;

  // Rows inserted, updated and deleted since begin().
  virtual std::uint64_t rows_changed() const = 0;

 protected:
  bool should_stop() const { return stop_ && stop_(); }
  // Tries to have a script's lock until the time is up. Never waited for inside the server: who waits there blocks,
  // cannot be seen to give up, and holds what it has. Throws BusyElsewhere, which tells the holder.
  void take_lock(os::Deadline give_up, const std::function<bool()>& taken,
                 const std::function<std::string()>& holder) const;
  int wake() const noexcept { return wake_; }
  void interrupt() const {
    if (interrupt_) interrupt_();
  }

 private:
  std::function<bool()> stop_;
  std::function<void()> interrupt_;
  int wake_ = -1;
};

}  // namespace target

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

#include "core/message.hpp"
#include "core/outcome.hpp"
#include "core/value.hpp"
#include "core/wire.hpp"
#include "os/lockdown.hpp"

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

// Rows of a query, read one by one. Ends with its connection's transaction at the latest.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual const std::vector<std::string>& columns() const = 0;
  // Appends the next row as it travels in core::Rows; false: there is none. What was appended before it threw is junk.
  virtual bool next(core::Writer& row) = 0;
};

class Connection {
 public:
  virtual ~Connection() = default;

  virtual std::string_view engine() const = 0;

  // What the process must still be able to reach on disk once it is locked down.
  virtual std::vector<os::FileRule> files() const { return {}; }
  // A file whose rollback journal comes and goes beside it (journal_keeper.hpp); empty: there is none.
  virtual std::string journalled_file() const { return {}; }

  // Asked often while a statement runs; true ends it with an error.
  void stop_when(std::function<bool()> stop) { stop_ = std::move(stop); }

  // read: nothing can be written, enforced by the database. write: the write lock is held when this returns.
  virtual void begin(core::Access access) = 0;
  // Returns only when the changes are durable. Throws SqlError: `unreachable` when nobody can say whether it committed;
  // for any other cause nothing was committed and rollback() ends the transaction.
  virtual void commit() = 0;
  virtual void rollback() = 0;
  virtual bool in_transaction() const = 0;

  // One statement of a script, parameters bound for `?`. Refuses transaction control and whatever would leave the
  // transaction.
  virtual std::int64_t execute(std::string_view sql, const core::Values& parameters) = 0;  // rows affected
  virtual std::int64_t execute_many(std::string_view sql, core::PackedRows rows) = 0;
  virtual std::unique_ptr<Cursor> query(std::string_view sql, const core::Values& parameters) = 0;

  // tables: one row for each name. has_…: one row with one boolean.
  virtual std::vector<core::Row> describe(core::Describe::What what, const std::string& table,
                                          const std::string& name) = 0;

  // Receipts, in a table of this database that scripts can neither write nor hide. find_receipt: the newest of this
  // version. leave_receipt: the last statement before commit(), inside the write transaction; it is read back.
  // proof_of: outside a transaction; when it says no, no transaction is left that could still commit one.
  virtual std::optional<core::Receipt> find_receipt(const std::string& script, const std::string& sha256) = 0;
  virtual void leave_receipt(const core::Receipt& receipt) = 0;
  virtual std::optional<core::Receipt> proof_of(const core::Inquire& attempt) = 0;

  // What a person who looks after this database may want to know: version, journal, durability, receipts …
  virtual std::vector<core::Fact> facts() = 0;

  // Rows inserted, updated and deleted since begin().
  virtual std::uint64_t rows_changed() const = 0;

 protected:
  bool should_stop() const { return stop_ && stop_(); }

 private:
  std::function<bool()> stop_;
};

}  // namespace target

// A preview on a PostgreSQL server: one transaction for everything, and each script behind a savepoint of it. Between
// scripts that savepoint stands with nothing behind it, so whatever goes wrong there is undone when the next one
// begins. The transaction ends with the connection. Lives in the broker.
#pragma once

#include <cstddef>

#include "target/connection.hpp"
#include "target/postgresql_link.hpp"

namespace target {

class PgPreview {
 public:
  explicit PgPreview(PgLink& link) : link_(link) {}

  void turn_on() noexcept { is_on_ = true; }
  bool is_on() const noexcept { return is_on_; }
  bool is_open() const noexcept { return is_open_; }  // the transaction has begun
  // It has, and is gone: what scripts did before is undone, so no further one would meet what it is to meet.
  bool is_over() const noexcept { return is_open_ && !link_.in_transaction(); }

  // Opens the transaction where it is not open. Throws SqlError(unreachable) when it is over.
  void open();
  // Sent, to be collected by the caller: the beginning of a script, or of reading.
  void send_beginning(const Beginning& how);

  // Sent likewise: what waits for a commit is done, and what would outlive the script's transaction is put back. How
  // many statements.
  std::size_t send_end();
  // When that was answered: what was done since the beginning stays, for the scripts to come.
  void keep();
  void take_back();

 private:
  PgLink& link_;
  bool is_on_ = false, is_open_ = false;
};

}  // namespace target

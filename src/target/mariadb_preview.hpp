// A preview on a MariaDB or MySQL server: one transaction for everything, and each script behind a savepoint of it.
// Between scripts that savepoint stands with nothing behind it that lasts. The transaction ends with the connection.
// Lives in the broker.
//
// It is one of those that XA names: in such a one the server refuses whatever would commit, in a procedure as well.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "target/mariadb_link.hpp"
#include "target/sql_text.hpp"

namespace target {

class MariaPreview {
 public:
  explicit MariaPreview(MariaLink& link) : link_(link) {}

  void turn_on() noexcept { is_on_ = true; }
  bool is_on() const noexcept { return is_on_; }
  bool is_open() const noexcept { return is_open_; }  // the transaction has begun
  // It has, and is gone: what scripts did before is undone, so no further one would meet what it is to meet.
  bool is_over() const noexcept { return is_open_ && !link_.in_transaction(); }
  // Throws SqlError(unreachable) when it is.
  void check() const;

  void open();
  // A statement that was executed: a temporary table that it made is no part of any transaction.
  void note(std::string_view sql, Dialect dialect);
  // What was done since the savepoint stays for the scripts to come, or is undone. What else a script leaves in the
  // session goes: temporary tables that it made by statements of its own, its variables.
  void keep(bool is_mariadb);
  void take_back(bool is_mariadb);

  static constexpr unsigned k_would_commit = 1399;

 private:
  void clear_session(bool is_mariadb);

  MariaLink& link_;
  bool is_on_ = false, is_open_ = false;
  std::vector<std::string> temporary_;  // tables, as the script wrote their names
};

}  // namespace target

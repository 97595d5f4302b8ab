// The table of receipts in a MariaDB or MySQL database, and the locks of scripts. The table is kept from scripts by
// their text (mariadb_guard.hpp). A lock is a name that one connection of the whole server can have; it ends with the
// connection, or when that is made as new. Lives in the broker.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "core/receipt.hpp"
#include "target/mariadb_link.hpp"

namespace target {

class MariaReceipts {
 public:
  explicit MariaReceipts(MariaLink& link) : link_(link) {}

  bool look();  // whether there is such a table, as of now
  void make();  // commits

  std::optional<core::Receipt> find(const std::string& script, const std::string& sha256);
  std::optional<core::Receipt> find(const core::Inquire& attempt);
  bool has(const core::Receipt& attempt);
  std::vector<std::string> scripts_with(const std::string& part);  // in their names
  // Only while this connection has the lock; false: it has not.
  bool leave(const core::Receipt& receipt, const std::string& lock);
  // Throws SqlError(error) when one is not there.
  void take_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts);

  // Of scripts without a transaction, in a table that is made with the first.
  std::vector<core::Receipt> find_starts(const std::string& script, const std::string& sha256);
  void leave_start(const core::Receipt& receipt);      // durable when it returns
  bool take_start_away(const core::Receipt& receipt);  // false: it was not there
  void take_starts_away(const std::string& script);    // of everybody and every version: one has succeeded

  core::Fleet muster(const core::Muster& wish, const std::string& database);

 private:
  bool has_table(std::string_view name);
  std::optional<core::Receipt> find_where(const std::string& condition);

  MariaLink& link_;
};

// "2026-01-01T00:00:00.000Z" as a datetime, which knows no zone.
std::string maria_datetime_of(std::string_view moment);

// The name of a script's lock; of the table's while it is made, for an empty script.
std::string maria_lock_of(std::string_view database, std::string_view script);

// Had beside it, so that others can see who has it.
std::string maria_lock_of_node(std::string_view database, std::string_view node);

// Who has it, and since when.
std::string holder_of(MariaLink& link, const std::string& lock);

}  // namespace target

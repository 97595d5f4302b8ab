// The table of receipts in a PostgreSQL database, and the locks of scripts. Scripts may own the table and reach it
// through functions of their own; so what was done to it is read from the server's own account of the transaction
// before the commit, and a transaction that touched it is not committed. Lives in the broker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/message.hpp"
#include "core/receipt.hpp"
#include "target/postgresql_kept.hpp"
#include "target/postgresql_link.hpp"

namespace target {

class PgReceipts {
 public:
  PgReceipts(PgLink& link, PgKept& kept) : link_(link), kept_(kept) {}

  // Outside a transaction. Whether there is such a table, as of now.
  bool look();
  void make();                      // where look() found none
  static const char* definition();  // the statement that makes it
  void forget() { table_.clear(); }

  // Sent, to be collected by the caller: at the beginning of a write transaction what the table is like now, which
  // take_state() is given; at its end the receipt, and a statement that fails when anything else was done to the table.
  // Without a receipt, nothing may have been done to it.
  enum class Leaves { receipt, nothing };
  void send_state(Leaves leaves = Leaves::receipt);
  void take_state(const PGresult* result);
  void send_find(const std::string& script, const std::string& sha256);
  std::optional<core::Receipt> take_found(const PGresult* result) const;
  std::size_t send(const core::Receipt& receipt);  // how many statements; the last is that check
  void send_check();                               // of it alone

  // In the place of send(), where no receipt is left: the statement that fails when anything was done to the table.
  std::size_t send_untouched();

  // Behind that: it fails when the receipt of this attempt at the version is not there.
  void send_removal(const core::Receipt& version, std::int64_t attempt);

  std::optional<core::Receipt> find(const std::string& script, const std::string& sha256);
  std::optional<core::Receipt> find(const core::Inquire& attempt);
  bool has(const core::Receipt& attempt);
  std::vector<std::string> scripts_with(const std::string& part);  // in their names

  // Of scripts without a transaction, in a table that is made with the first. Neither is stopped by the time limit.
  bool look_for_begun();  // whether there is that table, as of now
  void make_begun();
  static const char* definition_of_begun();
  std::vector<core::Receipt> find_starts(const std::string& script, const std::string& sha256);
  void leave_start(const core::Receipt& receipt);      // durable when it returns
  bool take_start_away(const core::Receipt& receipt);  // false: it was not there
  void take_starts_away(const std::string& script);    // of everybody and every version: one has succeeded

  core::Fleet muster(const core::Muster& wish);

 private:
  std::vector<core::Receipt> all_of(const char* time, const std::string& table, const core::Muster& wish,
                                    std::int64_t skip);
  PgResult ask(const std::string& sql, const core::Values& parameters = {},
               PgLink::Patience patience = PgLink::Patience::until_stopped);
  std::string finding_where(std::string_view condition) const;

  PgLink& link_;
  PgKept& kept_;
  std::string table_;  // with its schema, quoted; empty: there is none
  std::int64_t oid_ = 0;
  std::string begun_;     // the table of those that have begun, likewise
  std::string expected_;  // what the table must be like once the receipt stands in it
};

// The number that stands for a script among the advisory locks of a database; for the table while it is made.
std::int64_t pg_lock_of(std::string_view script);
inline constexpr std::int64_t k_pg_lock_of_table = 0x666574746c650001;  // "fettle"

}  // namespace target

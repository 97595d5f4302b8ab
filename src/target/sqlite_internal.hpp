// What fettle itself says to a SQLite database, scripts left aside: settings, receipts. The guard listens to fettle
// while it does. Lives in the broker; owned by its connection.
#pragma once

#include <functional>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>

#include "core/message.hpp"
#include "core/receipt.hpp"
#include "core/value.hpp"
#include "target/sqlite_guard.hpp"
#include "target/sqlite_statements.hpp"

namespace target {

class SqliteInternal {
 public:
  // fail: turns a result code into an SqlError and throws it.
  SqliteInternal(sqlite3* database, SqliteGuard& guard, std::function<void(int)> fail);

  // One statement, which is kept for the next time, to its first row; nullopt: it has none. Throws SqlError.
  std::optional<core::Row> say(const std::string& sql, const core::Values& parameters = {});
  // Its first value; empty when that is no text.
  std::string word(const std::string& sql);
  // One that will not come again.
  void once(const char* sql);
  void forget();

  bool has_receipts();
  void make_receipts();  // the table of receipts, unless it is there
  // The newest of a script's version; that of one attempt.
  std::optional<core::Receipt> receipt_of(const std::string& script, const std::string& sha256);
  std::optional<core::Receipt> receipt_of(const std::string& script, const std::string& sha256,
                                          const std::string& ledger, std::int64_t attempt);
  // Of scripts without a transaction, in a table that is made with the first.
  std::vector<core::Receipt> starts_of(const std::string& script, const std::string& sha256);
  void leave_start(const core::Receipt& receipt);
  bool take_start_away(const core::Receipt& receipt);  // false: it was not there
  void take_starts_away(const std::string& script);    // of everybody and every version: one has succeeded
  core::Fleet muster(const core::Muster& wish);
  // Reads it back: a trigger on the table, made behind fettle's back, could have swallowed it. Throws SqlError.
  void leave(const core::Receipt& receipt);
  // The table of bookmarks; of batches, made with the first.
  bool has_batches();
  void make_batches();
  std::vector<core::Row> all(const std::string& sql, const core::Values& parameters);
  std::int64_t changed() const;  // rows, by the last statement that changed any
  void take_receipt_away(const core::Receipt& version, std::int64_t attempt);  // which must be there
  std::vector<std::string> scripts_with(const std::string& part);              // in their names

 private:
  std::optional<core::Receipt> receipt_where(const std::string& condition, const core::Values& parameters);
  bool has_table(std::string_view name);
  std::vector<core::Receipt> receipts(const std::string& sql, const core::Values& parameters);

  sqlite3* database_;
  SqliteGuard& guard_;
  std::function<void(int)> fail_;
  SqliteStatements statements_;
};

}  // namespace target

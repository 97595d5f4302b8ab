#include "target/sqlite_silence.hpp"

#include <variant>

#include "target/connection.hpp"

namespace target {

void SqliteSilence::set(bool wanted, bool in_transaction) {
  if (set_ == wanted) return;
  if (foreign_keys_ && in_transaction)
    throw SqlError(core::Cause::error,
                   "foreign keys cannot be switched within one transaction: preview one rollback at a time");
  sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_TRIGGER, wanted ? 0 : 1, nullptr);
  if (foreign_keys_) internal_.once(wanted ? "PRAGMA foreign_keys=OFF" : "PRAGMA foreign_keys=ON");
  set_ = wanted;
}

void SqliteSilence::remember() {
  if (set_ && foreign_keys_) orphans_ = orphans();
}

std::int64_t SqliteSilence::orphans() {
  const auto count = internal_.say("SELECT count(*) FROM pragma_foreign_key_check");
  return count ? std::get<std::int64_t>(count->at(0)) : 0;
}

void SqliteSilence::check() {
  if (!foreign_keys_ || orphans() <= orphans_) return;
  throw SqlError(core::Cause::error, "rows that came since refer to rows that it inserted (foreign keys)");
}

}  // namespace target

#include "target/sqlite_silence.hpp"

#include <algorithm>
#include <functional>

#include "core/wire.hpp"
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

std::vector<std::size_t> SqliteSilence::orphans() {
  std::vector<std::size_t> all;
  for (const core::Row& row : internal_.all("SELECT * FROM pragma_foreign_key_check", {})) {
    core::Writer packed;
    packed.put(row);
    all.push_back(std::hash<std::string>()(packed.bytes()));
  }
  std::sort(all.begin(), all.end());
  return all;
}

void SqliteSilence::check() {
  if (!foreign_keys_) return;
  const std::vector<std::size_t> now = orphans();
  if (std::includes(orphans_.begin(), orphans_.end(), now.begin(), now.end())) return;
  throw SqlError(core::Cause::error, "rows that came since refer to rows that it inserted (foreign keys)");
}

}  // namespace target

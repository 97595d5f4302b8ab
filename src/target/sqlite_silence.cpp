#include "target/sqlite_silence.hpp"

#include <utility>
#include <variant>

#include "target/connection.hpp"

namespace target {

void SqliteSilence::set(bool wanted) {
  if (std::exchange(set_, wanted) == wanted) return;
  sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_TRIGGER, wanted ? 0 : 1, nullptr);
  if (!foreign_keys_) return;
  internal_.once(wanted ? "PRAGMA foreign_keys=OFF" : "PRAGMA foreign_keys=ON");
  if (wanted) orphans_ = orphans();
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

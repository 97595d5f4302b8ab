#include "target/postgresql_piecemeal.hpp"

#include "target/postgresql_facts.hpp"
#include "target/postgresql_session.hpp"
#include "target/refusals.hpp"

namespace target {

using core::Cause;
using Patience = PgLink::Patience;

void PgPiecemeal::check() {
  if (is_standby(link_)) throw SqlError(Cause::unreachable, standby_is_only_read());
  if (is_behind_pooler(link_)) throw SqlError(Cause::unreachable, no_piecemeal_behind_pooler());
}

std::size_t PgPiecemeal::leave_receipt(const core::Receipt& receipt, core::Access access, std::int64_t lock) {
  if (link_.in_transaction()) link_.send("ROLLBACK");  // it could only read
  link_.send("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  for (const char* sql : k_put_back) link_.send(sql);
  link_.send(k_wait_for_disk);
  receipts_.send_state();
  receipts_.take_state(link_.collect(Patience::to_the_end).back().get());
  if (!has_lock(link_, lock)) throw SqlError(Cause::error, lock_was_let_go());
  if (access == core::Access::piecemeal) {
    if (!receipts_.take_start_away(receipt)) throw SqlError(Cause::error, start_is_gone());
    receipts_.take_starts_away(receipt.script);
  }
  return receipts_.send(receipt);
}

}  // namespace target

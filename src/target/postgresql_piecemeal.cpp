#include "target/postgresql_piecemeal.hpp"

#include <utility>

#include "target/postgresql_facts.hpp"
#include "target/postgresql_session.hpp"
#include "target/refusals.hpp"

namespace target {

using core::Cause;

void PgPiecemeal::check() {
  if (is_standby(link_)) throw SqlError(Cause::unreachable, standby_is_only_read());
  if (is_behind_pooler(link_)) throw SqlError(Cause::unreachable, no_piecemeal_behind_pooler());
}

void PgPiecemeal::start(const core::Receipt& receipt) {
  if (!receipts_.look_for_begun()) receipts_.make_begun();
  if (!receipts_.look_for_begun()) throw SqlError(Cause::error, "the table fettle_begun was made and cannot be seen");
  receipts_.leave_start(receipt);
  start_ = receipt;
}

std::size_t PgPiecemeal::leave_receipt(const core::Receipt& receipt) {
  if (link_.in_transaction()) link_.send("ROLLBACK");  // it could only read
  link_.send("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  for (const char* sql : k_put_back) link_.send(sql);
  link_.send(k_wait_for_disk);
  receipts_.send_state();
  receipts_.take_state(link_.collect().back().get());
  if (start_ && !receipts_.take_start_away(*start_))
    throw SqlError(Cause::error, "that this script had begun stands no longer in the table fettle_begun");
  return receipts_.send(receipt);
}

void PgPiecemeal::take_back() {
  const auto start = std::exchange(start_, std::nullopt);
  if (start) receipts_.take_start_away(*start);
}

}  // namespace target

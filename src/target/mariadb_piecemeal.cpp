#include "target/mariadb_piecemeal.hpp"

#include <utility>

namespace target {

using Patience = MariaLink::Patience;

void MariaPiecemeal::start(const core::Receipt& receipt) {
  receipts_.leave_start(receipt);
  start_ = receipt;
}

void MariaPiecemeal::together(const std::function<void()>& rows) {
  link_.run("START TRANSACTION READ WRITE");
  together_ = true;
  try {
    rows();
    together_ = false;
    link_.run("COMMIT", Patience::to_the_end);
  } catch (const SqlError&) {
    together_ = false;
    if (!link_.lost()) link_.run("ROLLBACK", Patience::to_the_end);
    throw;
  }
}

void MariaPiecemeal::check() {
  if (together_ || !link_.in_transaction()) return;
  link_.run("ROLLBACK", Patience::to_the_end);
  throw SqlError(core::Cause::error, "the procedure left a transaction open, which was rolled back");
}

void MariaPiecemeal::open_last_transaction() {
  link_.run("ROLLBACK", Patience::to_the_end);  // of what could only read
  link_.run("START TRANSACTION READ WRITE", Patience::to_the_end);
  if (start_ && !receipts_.take_start_away(*start_))
    throw SqlError(core::Cause::error, "that this script had begun stands no longer in the table fettle_begun");
}

void MariaPiecemeal::take_back() {
  const auto start = std::exchange(start_, std::nullopt);
  if (start) receipts_.take_start_away(*start);
}

}  // namespace target

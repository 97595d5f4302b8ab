// Scripts whose lock is the session's on a PostgreSQL server: those without a transaction, and those that leave a
// receipt only. They need a connection of their own: behind a pooler they are refused. Lives in the broker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/message.hpp"
#include "core/receipt.hpp"
#include "target/postgresql_link.hpp"
#include "target/postgresql_receipts.hpp"

namespace target {

class PgPiecemeal {
 public:
  PgPiecemeal(PgLink& link, PgReceipts& receipts) : link_(link), receipts_(receipts) {}

  // Before the lock is taken. Throws SqlError(unreachable) where such a script cannot work.
  void check();

  // Opens a transaction of its own and sends the receipt, the last statements before COMMIT; how many. Of a script
  // without a transaction it takes the place of the row that says that it has begun. Throws SqlError when the lock, or
  // that row, is not ours any more.
  std::size_t leave_receipt(const core::Receipt& receipt, core::Access access, std::int64_t lock);

 private:
  PgLink& link_;
  PgReceipts& receipts_;
};

}  // namespace target

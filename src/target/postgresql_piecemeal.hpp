// A script without a transaction on a PostgreSQL server: each statement is committed by itself, and a row says from
// before the first to behind the last that it has begun. Its lock is the session's, so it needs a connection of its
// own: behind a pooler it is refused. Lives in the broker.
#pragma once

#include <optional>

#include "core/receipt.hpp"
#include "target/postgresql_link.hpp"
#include "target/postgresql_receipts.hpp"

namespace target {

class PgPiecemeal {
 public:
  PgPiecemeal(PgLink& link, PgReceipts& receipts) : link_(link), receipts_(receipts) {}

  // Before the lock is taken. Throws SqlError(unreachable) where a script without a transaction cannot work.
  void check();
  // Durable when it returns.
  void start(const core::Receipt& receipt);
  bool has_started() const noexcept { return start_.has_value(); }

  // Opens the transaction in which the receipt takes that row's place, and sends both; the caller commits.
  std::size_t leave_receipt(const core::Receipt& receipt);  // how many statements
  void committed() noexcept { start_.reset(); }
  void take_back();  // that it has begun

 private:
  PgLink& link_;
  PgReceipts& receipts_;
  std::optional<core::Receipt> start_;
};

}  // namespace target

// A script without a transaction on a MariaDB or MySQL server: each statement is committed by itself. Lives in the
// broker.
#pragma once

#include <functional>

#include "core/message.hpp"
#include "core/receipt.hpp"
#include "target/mariadb_link.hpp"
#include "target/mariadb_receipts.hpp"

namespace target {

class MariaPiecemeal {
 public:
  MariaPiecemeal(MariaLink& link, MariaReceipts& receipts) : link_(link), receipts_(receipts) {}

  // Many rows of one call are committed together.
  void together(const std::function<void()>& rows);
  // Between statements: a procedure may have begun a transaction. Throws SqlError.
  void check();

  // For the receipt alone, which takes the place of the row that says that it has begun.
  void open_last_transaction(const core::Receipt& receipt, core::Access access);

 private:
  MariaLink& link_;
  MariaReceipts& receipts_;
  bool together_ = false;
};

}  // namespace target

// A script without a transaction on a MariaDB or MySQL server: each statement is committed by itself, and a row says
// from before the first to behind the last that it has begun. Lives in the broker.
#pragma once

#include <functional>
#include <optional>

#include "core/receipt.hpp"
#include "target/mariadb_link.hpp"
#include "target/mariadb_receipts.hpp"

namespace target {

class MariaPiecemeal {
 public:
  MariaPiecemeal(MariaLink& link, MariaReceipts& receipts) : link_(link), receipts_(receipts) {}

  void start(const core::Receipt& receipt);  // durable when it returns
  bool has_started() const noexcept { return start_.has_value(); }

  // Many rows of one call are committed together.
  void together(const std::function<void()>& rows);
  // Between statements: a procedure may have begun a transaction. Throws SqlError.
  void check();

  void open_last_transaction();  // for the receipt, which takes that row's place
  void committed() noexcept { start_.reset(); }
  void take_back();  // that it has begun

 private:
  MariaLink& link_;
  MariaReceipts& receipts_;
  std::optional<core::Receipt> start_;
  bool together_ = false;
};

}  // namespace target

#include "target/mariadb_piecemeal.hpp"

#include "target/refusals.hpp"

namespace target {
namespace {

using Patience = MariaLink::Patience;

// Undoes what was not committed when it is left.
class Together {
 public:
  Together(MariaLink& link, bool& flag) : link_(link), flag_(flag) {
    link_.run("START TRANSACTION READ WRITE");
    flag_ = true;
  }
  ~Together() {
    flag_ = false;
    try {
      if (!link_.lost() && link_.in_transaction()) link_.run("ROLLBACK", Patience::to_the_end);
    } catch (const SqlError&) {
      // Then the connection is lost, and the server does it.
    }
  }
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;
  void commit() { link_.run("COMMIT", Patience::to_the_end); }

 private:
  MariaLink& link_;
  bool& flag_;
};

}  // namespace

void MariaPiecemeal::together(const std::function<void()>& rows) {
  Together transaction(link_, together_);
  rows();
  transaction.commit();
}

void MariaPiecemeal::check() {
  if (together_ || !link_.in_transaction()) return;
  link_.run("ROLLBACK", Patience::to_the_end);
  throw SqlError(core::Cause::error, "the procedure left a transaction open, which was rolled back");
}

void MariaPiecemeal::open_last_transaction(const core::Receipt& receipt, core::Access access) {
  link_.run("ROLLBACK", Patience::to_the_end);  // of what could only read
  link_.run("START TRANSACTION READ WRITE", Patience::to_the_end);
  if (access != core::Access::piecemeal) return;
  if (!receipts_.take_start_away(receipt)) throw SqlError(core::Cause::error, start_is_gone());
  receipts_.take_starts_away(receipt.script);
}

}  // namespace target

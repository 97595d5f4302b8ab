// laravel-one-time-operations: a row for each time that an operation was processed, or sent to a queue.
#include "exchange/tools.hpp"

namespace exchange {
namespace {

Meaning row_of(const Cells& row, Fact& fact) {
  if (row.is_null(3)) return skipped("it was not processed");
  if (!take_time(row, 3, fact)) return failed(k_no_time);
  const std::string how = row.text(2);
  if (how == "async")
    fact.note = "dispatched, outcome not recorded";
  else if (how != "sync")
    return failed("it was neither sync nor async");
  return {};
}

}  // namespace

const Tool k_oto{.name = "oto",
                 .title = "laravel-one-time-operations",
                 .table = "operations",
                 .columns = "name dispatched processed_at",
                 .read = [](const Asked& asked, Facts& facts) {
                   read_rows(asked, {"id name dispatched processed_at", "processed_at id"}, row_of, facts);
                 }};

}  // namespace exchange

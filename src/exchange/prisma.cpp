// Prisma: a row for each try. Finished and not rolled back is applied; neither is failed.
#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t { id, migration_name, checksum, started_at, finished_at, rolled_back_at, logs, steps };

Meaning row_of(const Cells& row, Fact& fact) {
  const auto begun = row.time(started_at);
  std::size_t when = started_at;
  if (!row.is_null(rolled_back_at)) {
    fact.state = State::rolled_back;
    when = rolled_back_at;
  } else if (row.is_null(finished_at)) {
    fact.state = State::failed;
    fact.note = row.text(logs).substr(0, 500);
  } else {
    when = finished_at;
    const auto done = row.time(finished_at);
    if (row.number(steps) == 0 && begun && done && *begun == *done) {
      fact.state = State::marked;
      fact.note = "resolved as applied by a person";
    } else if (begun && done) {
      fact.duration_ms = done->milliseconds - begun->milliseconds;
    }
  }
  if (!take_time(row, when, fact)) return failed(k_no_time);
  row.text(checksum, fact.checksum);
  constexpr std::size_t k_digits = 64;  // old rows may lack zeros in front
  if (!fact.checksum.empty() && fact.checksum.size() < k_digits)
    fact.checksum.insert(0, k_digits - fact.checksum.size(), '0');
  return {};
}

}  // namespace

const Tool k_prisma{.name = "prisma",
                    .title = "Prisma",
                    .table = "_prisma_migrations",
                    .columns = "id checksum finished_at migration_name rolled_back_at started_at applied_steps_count",
                    .read = [](const Asked& asked, Facts& facts) {
                      read_rows(
                          asked,
                          {"id migration_name checksum started_at finished_at rolled_back_at logs applied_steps_count",
                           "started_at id"},
                          row_of, facts);
                    }};

}  // namespace exchange

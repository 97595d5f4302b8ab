// Sqitch: what is deployed stands in `changes`; that a deployment failed or was reverted, only in the log beside it.
#include <fmt/format.h>

#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t { change_id, change, script_hash, project, note, committed_at, committer_name, planned_at };

Meaning deployed(const Cells& row, Fact& fact) {
  if (!take_time(row, committed_at, fact)) return failed(k_no_time);
  row.text(script_hash, fact.checksum);
  take_further(row, {{project, "project"}, {note, "note"}, {committer_name, "by"}, {planned_at, "planned_at"}}, fact);
  return {};
}

// Beside the table of changes, in the same schema.
const ForeignTable* log_of(const Asked& asked) {
  for (const ForeignTable& table : asked.database.tables())
    if (table.schema == asked.table.schema && lowered(table.name) == "events" && table.has("event") &&
        table.has("change_id") && table.has("committed_at"))
      return &table;
  return nullptr;
}

// The newest event of each change that is not deployed now.
void read_log(const Asked& asked, const ForeignTable& log, Facts& facts) {
  std::string last;
  const std::string where = fmt::format("change_id NOT IN (SELECT change_id FROM {}) AND event IN ('revert', 'fail')",
                                        asked.database.quoted(asked.table));
  read_rows(
      {asked.database, log, {}}, {"change_id change event project committed_at", "change_id committed_at-", where},
      [&last](const Cells& row, Fact& fact) -> Meaning {
        if (fact.key == last) return skipped("a newer event of the same change counts");
        last = fact.key;
        fact.state = row.text(2) == "fail" ? State::failed : State::rolled_back;
        take_further(row, {{3, "project"}}, fact);
        return take_time(row, 4, fact) ? Meaning{} : failed(k_no_time);
      },
      facts);
}

}  // namespace

const Tool k_sqitch{
    .name = "sqitch",
    .title = "Sqitch",
    .table = "changes",
    .columns = "change_id change project committed_at committer_name planned_at",
    .but_not = "event",
    .read = [](const Asked& asked, Facts& facts) {
      read_rows(asked,
                {"change_id change script_hash project note committed_at committer_name planned_at", "committed_at"},
                deployed, facts);
      if (const ForeignTable* log = log_of(asked)) read_log(asked, *log, facts);
    }};

}  // namespace exchange

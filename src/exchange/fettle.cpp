// Another ledger of fettle's: each attempt that has ended.
#include <map>
#include <set>

#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t { id, script, sha256, state, outcome, reason, finished_at, total_us, run };

// What was applied and taken back later: by a rollback, which names its attempt, or by a mark on the version.
struct TakenBack {
  std::set<std::int64_t> attempts;
  std::map<std::string, std::int64_t, std::less<>> marks;  // newest, by script and version

  bool has(const Cells& row) const {
    const std::int64_t attempt = row.number(id).value_or(0);
    const auto mark = marks.find(row.text(script) + '\n' + row.text(sha256));
    return attempts.contains(attempt) || (mark != marks.end() && mark->second > attempt);
  }
};

TakenBack taken_back_in(const Asked& asked) {
  TakenBack found;
  const Foreign& database = asked.database;
  if (database.find("details") != nullptr)
    database.each(
        "SELECT d.undoes FROM details d JOIN attempts a ON a.id = d.attempt "
        "WHERE a.outcome = 'rolled_back' AND d.undoes IS NOT NULL",
        [&found](const Cells& row) { found.attempts.insert(row.number(0).value_or(0)); });
  database.each(
      "SELECT script, sha256, max(id) FROM attempts WHERE state = 'marked' AND outcome IN ('failed', 'interrupted') "
      "GROUP BY script, sha256",
      [&found](const Cells& row) { found.marks[row.text(0) + '\n' + row.text(1)] = row.number(2).value_or(0); });
  return found;
}

Meaning row_of(const Cells& row, Fact& fact, const TakenBack& taken_back) {
  const std::string word = row.text(outcome);
  if (word.empty()) return skipped("it has not ended");
  if (word == "skipped" || word == "blocked" || word == "interrupted")
    return skipped("the script was skipped, blocked or interrupted");
  if (row.text(state) == "rollback" && word != "rolled_back") return skipped("a rollback that came to nothing");
  if (word == "marked" || word == "imported")
    fact.state = State::marked;
  else if (word == "rolled_back")
    fact.state = State::rolled_back;
  else if (word == "unknown")
    fact.state = State::unknown;
  else if (word == "failed")
    fact.state = State::failed;
  else if (word != "succeeded")
    return failed("its outcome is none that this fettle knows");
  if (core::counts_as_applied(fact.state) && taken_back.has(row)) fact.state = State::rolled_back;
  if (!take_time(row, finished_at, fact)) return failed(k_no_time);
  if (const auto microseconds = row.number(total_us)) fact.duration_ms = *microseconds / 1000;
  row.text(sha256, fact.checksum);
  row.text(reason, fact.note);
  fact.batch = row.number(run);
  return {};
}

}  // namespace

const Tool k_fettle{.name = "fettle",
                    .title = "another ledger of fettle's",
                    .table = "attempts",
                    .columns = "id run script sha256 state outcome finished_at moved_to",
                    .read = [](const Asked& asked, Facts& facts) {
                      const TakenBack taken_back = taken_back_in(asked);
                      read_rows(
                          asked, {"id script sha256 state outcome reason finished_at total_us run", "id"},
                          [&taken_back](const Cells& row, Fact& fact) { return row_of(row, fact, taken_back); }, facts);
                    }};

}  // namespace exchange

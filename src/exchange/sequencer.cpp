// Sequencer: a row for each execution. One that shouldRun() or the environment held back is written as completed, too.
#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t {
  id,
  name,
  type,
  state,
  executed_at,
  completed_at,
  failed_at,
  skipped_at,
  skip_reason,
  rolled_back_at
};

bool completed_at_once(const Cells& row) {
  const auto begun = row.time(executed_at);
  const auto done = row.time(completed_at);
  return begun && done && begun->milliseconds / 1000 == done->milliseconds / 1000 && row.is_null(failed_at);
}

Meaning row_of(const Cells& row, Fact& fact) {
  const std::string word = row.text(state);
  if (word != "completed" && word != "rolled_back" && word != "failed" && word != "skipped" && word != "pending")
    return failed("its state is none that Sequencer knows");
  std::size_t when = executed_at;
  if (word == "completed") {
    when = completed_at;
    if (row.is_null(completed_at)) return failed("it is completed, and not said when");
    if (completed_at_once(row)) fact.note = "may be a skip by shouldRun or the environment";
  } else if (word == "failed") {
    fact.state = State::failed;
    when = failed_at;
  } else if (word == "skipped") {
    fact.state = State::skipped;
    fact.note = row.text(skip_reason);
    when = skipped_at;
  } else if (word == "rolled_back") {
    fact.state = State::rolled_back;
    when = rolled_back_at;
  } else {
    fact.state = State::pending;
    fact.note = "begun, end not recorded";
  }
  if (!take_time(row, when, fact)) return failed(k_no_time);
  const auto begun = row.time(executed_at);
  if (fact.at && begun && *fact.at > *begun) fact.duration_ms = fact.at->milliseconds - begun->milliseconds;
  take_further(row, {{type, "type"}}, fact);
  return {};
}

}  // namespace

const Tool k_sequencer{
    .name = "sequencer",
    .title = "Sequencer",
    .table = "operations",
    .columns = "name type state executed_at completed_at",
    .read = [](const Asked& asked, Facts& facts) {
      read_rows(asked,
                {"id name type state executed_at completed_at failed_at skipped_at skip_reason rolled_back_at",
                 "executed_at id"},
                row_of, facts);
    }};

}  // namespace exchange

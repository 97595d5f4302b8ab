// Shopify's maintenance_tasks: a row for each run of a task. A task was applied once any of its runs has succeeded.
#include <cmath>

#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t {
  id,
  task_name,
  status,
  started_at,
  ended_at,
  created_at,
  time_running,
  tick_count,
  tick_total,
  error_class,
  error_message,
  arguments
};

Meaning row_of(const Cells& row, Fact& fact) {
  const std::string word = row.text(status);
  if (word == "errored")
    fact.state = State::failed;
  else if (word == "cancelled" || word == "cancelling")
    fact.state = State::skipped;
  else if (word == "enqueued" || word == "running" || word == "interrupted" || word == "pausing" || word == "paused")
    fact.state = State::pending;
  else if (word != "succeeded")
    return failed("its status is none that maintenance_tasks knows");
  if (fact.state != State::applied) fact.note = word;
  const std::size_t when = !row.is_null(ended_at) ? ended_at : !row.is_null(started_at) ? started_at : created_at;
  if (!take_time(row, when, fact)) return failed(k_no_time);
  if (const auto seconds = row.real(time_running)) fact.duration_ms = std::llround(*seconds * 1000);
  take_further(row,
               {{tick_count, "tick_count"},
                {tick_total, "tick_total"},
                {error_class, "error_class"},
                {error_message, "error_message"},
                {arguments, "arguments"}},
               fact);
  return {};
}

}  // namespace

const Tool k_maintenance_tasks{
    .name = "maintenance-tasks",
    .title = "Shopify maintenance_tasks",
    .table = "maintenance_tasks_runs",
    .columns = "task_name status started_at ended_at tick_count cursor",
    .read = [](const Asked& asked, Facts& facts) {
      read_rows(asked,
                {"id task_name status started_at ended_at created_at time_running tick_count tick_total error_class "
                 "error_message arguments",
                 "id"},
                row_of, facts);
    }};

}  // namespace exchange
